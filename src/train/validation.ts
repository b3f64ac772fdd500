/** Scoring a dataset: what a model gets right, what it confuses, and where it is most wrong. */

import { GoogLeNetError } from '../core/errors.js';
import { boolean, integer, oneOf, readOptions, signal as readSignal } from '../core/validation.js';
import { batches, MAX_BATCH_SIZE } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { epochIndices } from '../data/sampler.js';
import { checkResizeCrop } from '../data/transforms.js';
import { assertDataset } from './datasets.js';
import { computeMetrics, emptyMetrics, type Metrics, updateMetrics } from './metrics.js';
import type { BatchEvaluation, Trainer } from './trainer.js';

export interface ValidateOptions {
  /** Default 32. */
  batchSize?: number;
  /** Short edge of the resized images. Default 256. */
  resize?: number;
  /** Edge of the crop from their center. Default 224. */
  crop?: number;
  /** Images that cannot be decoded: an error (the default), or left out and counted. */
  onDecodeError?: 'throw' | 'skip';
  /** Score the EMA weights, where the trainer has `emaDecay`. Default true. */
  ema?: boolean;
  /** Ends with the error `ABORTED`. */
  signal?: AbortSignal | undefined;
}

/** What the main head says of one image. */
export interface Prediction {
  /** Position in the dataset. */
  index: number;
  label: number;
  predicted: number;
  /** Of the predicted class. */
  probability: number;
  labelProbability: number;
}

export interface Validation extends Metrics {
  /** Images scored. */
  count: number;
  /** Names of those that could not be read. */
  skipped: string[];
  /** `confusion[label][predicted]`: images. Null above {@link MAX_CONFUSION} classes. */
  confusion: Uint32Array[] | null;
  /** Wrong ones with the least probability of their label, the worst first; at most 24. */
  mistakes: Prediction[];
  /** Spread over the dataset, the same images each time; at most 12. */
  samples: Prediction[];
}

export interface ValidationEvent {
  type: 'validation';
  /** Images scored so far, of `total`. */
  done: number;
  total: number;
}

/** More classes would take more memory for their confusion than a model. */
export const MAX_CONFUSION = 2048;
const MISTAKES = 24;
const SAMPLES = 12;

/** Scores a dataset batch by batch; the value it ends with is the result. */
export async function* validation(
  trainer: Trainer,
  dataset: Dataset,
  options: ValidateOptions,
): AsyncGenerator<ValidationEvent, Validation, void> {
  const known = ['batchSize', 'resize', 'crop', 'onDecodeError', 'ema', 'signal'] as const;
  const read = readOptions('options', options, known);
  const sizes = checkResizeCrop(read.resize ?? 256, read.crop ?? 224);
  const batchSize = integer('batchSize', read.batchSize ?? 32, 1, MAX_BATCH_SIZE);
  const onDecodeError = oneOf('onDecodeError', read.onDecodeError ?? 'throw', ['throw', 'skip'] as const);
  const ema = boolean('ema', read.ema ?? true);
  const signal = readSignal('signal', read.signal);
  assertDataset('The validation set', dataset, trainer.model);
  const indices = epochIndices(dataset.length, { seed: 0, epoch: 0, shuffle: false });
  const findings = new Findings(dataset);
  const loading = { indices, batchSize, onDecodeError, signal, ...sizes };
  for await (const { images, labels, indices, skipped } of batches(dataset, loading)) {
    findings.skipped.push(...skipped.map(({ name }) => name));
    if (labels.length > 0) findings.update(await trainer.evaluate(images, labels, { ema }), labels, indices);
    yield { type: 'validation', done: findings.tally.count + findings.skipped.length, total: dataset.length };
  }
  return findings.finish(trainer.model.auxInEvaluation);
}

/** @throws GoogLeNetError what {@link validation} throws. */
export async function validate(
  trainer: Trainer,
  dataset: Dataset,
  options: ValidateOptions,
): Promise<Validation> {
  const scoring = validation(trainer, dataset, options);
  for (;;) {
    const { done, value } = await scoring.next();
    if (done) return value;
  }
}

class Findings {
  tally = emptyMetrics();
  readonly skipped: string[] = [];
  readonly #confusion: Uint32Array[] | null;
  readonly #samples: Prediction[] = [];
  readonly #isSample: (index: number) => boolean;
  #mistakes: Prediction[] = [];

  constructor({ length, classes: { length: classes } }: Dataset) {
    this.#confusion =
      classes > MAX_CONFUSION ? null : Array.from({ length: classes }, () => new Uint32Array(classes));
    const chosen = new Set(Array.from({ length: SAMPLES }, (_, i) => Math.floor((i * length) / SAMPLES)));
    this.#isSample = (index) => chosen.has(index);
  }

  update(result: BatchEvaluation, labels: Int32Array, indices: Uint32Array): void {
    this.tally = updateMetrics(this.tally, result, labels.length);
    for (const [i, label] of labels.entries()) {
      const prediction = {
        index: indices[i] ?? 0,
        label,
        predicted: result.predicted[i] ?? 0,
        probability: result.probabilities[i] ?? 0,
        labelProbability: result.labelProbabilities[i] ?? 0,
      };
      const row = this.#confusion?.[label];
      // A model may have more classes than the dataset has names.
      if (row && prediction.predicted < row.length)
        row[prediction.predicted] = (row[prediction.predicted] ?? 0) + 1;
      if (this.#isSample(prediction.index)) this.#samples.push(prediction);
      if (prediction.predicted !== label) this.#mistakes.push(prediction);
    }
    this.#mistakes.sort((a, b) => a.labelProbability - b.labelProbability || a.index - b.index);
    this.#mistakes = this.#mistakes.slice(0, MISTAKES);
  }

  /** @throws GoogLeNetError `INVALID_DATASET` where no image could be read. */
  finish(hasAux: boolean): Validation {
    const { tally, skipped } = this;
    if (tally.count === 0) {
      const message = `None of the ${skipped.length} validation images could be read, ${skipped[0]} among them.`;
      throw new GoogLeNetError('INVALID_DATASET', message);
    }
    return {
      ...computeMetrics(tally, hasAux),
      count: tally.count,
      skipped,
      confusion: this.#confusion,
      mistakes: this.#mistakes,
      samples: this.#samples,
    };
  }
}
