import { batches, MAX_BATCH_SIZE } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { epochOrder } from '../data/sampler.js';
import { checkResizeCrop } from '../data/transforms.js';
import { integer, options, signal as readSignal } from '../validate.js';
import { assertDataset } from './fit-options.js';
import type { BatchResult, Trainer } from './trainer.js';

/** Means over a dataset. */
export interface Scores {
  loss: number;
  /** Fraction of pictures whose label has the highest main logit. */
  top1: number;
  top5: number;
}

/** Sums from which scores are made; plain numbers, so that a checkpoint can hold them. */
export interface Tally {
  readonly count: number;
  readonly loss: number;
  readonly correct: number;
  readonly correctTop5: number;
}

export const emptyTally = (): Tally => ({ count: 0, loss: 0, correct: 0, correctTop5: 0 });

export function add(tally: Tally, result: BatchResult, count: number): Tally {
  return {
    count: tally.count + count,
    loss: tally.loss + result.loss * count,
    correct: tally.correct + result.correct,
    correctTop5: tally.correctTop5 + result.correctTop5,
  };
}

export const toScores = ({ count, loss, correct, correctTop5 }: Tally): Scores => ({
  loss: loss / count,
  top1: correct / count,
  top5: correctTop5 / count,
});

export interface ValidateOptions {
  /** Default 32. */
  batchSize?: number;
  /** Short edge of the resized pictures. Default 256. */
  resize?: number;
  /** Edge of the crop from their centre. Default 224. */
  crop?: number;
  /** Ends with the error `ABORTED`. */
  signal?: AbortSignal | undefined;
}

export interface ValidationEvent {
  type: 'validation';
  /** Pictures scored so far, of `total`. */
  done: number;
  total: number;
}

/** Scores a dataset batch by batch; the value it ends with is the result. */
export async function* validation(
  trainer: Trainer,
  dataset: Dataset,
  given: ValidateOptions,
): AsyncGenerator<ValidationEvent, Scores, void> {
  const read = options('options', given, ['batchSize', 'resize', 'crop', 'signal']);
  const sizes = checkResizeCrop(read.resize ?? 256, read.crop ?? 224);
  const batchSize = integer('batchSize', read.batchSize ?? 32, 1, MAX_BATCH_SIZE);
  const signal = readSignal('signal', read.signal);
  assertDataset('The validation set', dataset, trainer.model);
  const order = epochOrder(dataset.length, { seed: 0, epoch: 0, shuffle: false });
  let tally = emptyTally();
  for await (const { images, labels } of batches(dataset, { order, batchSize, signal, ...sizes })) {
    tally = add(tally, await trainer.evaluate(images, labels), labels.length);
    yield { type: 'validation', done: tally.count, total: dataset.length };
  }
  return toScores(tally);
}

export async function validate(
  trainer: Trainer,
  dataset: Dataset,
  options: ValidateOptions,
): Promise<Scores> {
  const scoring = validation(trainer, dataset, options);
  for (;;) {
    const { done, value } = await scoring.next();
    if (done) return value;
  }
}
