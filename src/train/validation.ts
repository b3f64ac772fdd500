/** A trainer as a scorer of datasets: with its losses, its precision and its EMA weights. */
import type { Images } from '../core/tensor.js';
import { boolean, integer, oneOf, readOptions, signal as readSignal } from '../core/validation.js';
import { batches, MAX_BATCH_SIZE } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import type { OnDecodeError } from '../data/decode-errors.js';
import { epochIndices } from '../data/sampler.js';
import { checkResizeCrop } from '../data/transforms.js';
import type { Classifier } from '../inference/classifier.js';
import { assertDataset } from '../inference/dataset-classes.js';
import {
  type ClassEvaluation,
  type Evaluation,
  type EvaluationProgress,
  evaluation,
  evaluationByClass,
  finished,
  mapSteps,
  type ScoredBatch,
} from '../inference/evaluation.js';
import type { BatchEvaluation } from '../inference/metrics.js';

/** What a `Trainer` is here. */
interface Scorer {
  readonly model: Pick<Classifier, 'numClasses' | 'classes'> & { readonly auxInEvaluation: boolean };
  evaluate(images: Images, labels: Int32Array, options: { ema: boolean }): Promise<BatchEvaluation>;
}

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

export interface Validation extends Evaluation {
  /** Incorrect ones with the least probability of their label, the worst first; at most 24. */
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

const MISTAKES = 24;
const SAMPLES = 12;

interface Loading {
  batchSize: number;
  resize: number;
  crop: number;
  onDecodeError: OnDecodeError;
  ema: boolean;
  signal: AbortSignal | undefined;
}

/** Scores a dataset batch by batch; the value it ends with is the result. */
export async function* validation(
  trainer: Scorer,
  dataset: Dataset,
  options: ValidateOptions,
): AsyncGenerator<ValidationEvent, Validation, void> {
  const loading = readValidateOptions(options);
  assertDataset('The validation set', dataset, trainer.model);
  const indices = epochIndices(dataset.length, { seed: 0, epoch: 0, shuffle: false });
  const examples = new Examples(dataset);
  const scored = examples.of(scoredBatches(trainer, dataset, [indices], loading));
  const steps = evaluation(dataset, scored, trainer.model.auxInEvaluation);
  const found = yield* mapSteps(steps, ({ done, total }) => ({ type: 'validation' as const, done, total }));
  return { ...found, mistakes: examples.mistakes, samples: examples.samples };
}

/** @throws GoogLeNetError what {@link validation} throws. */
export const validate = (trainer: Scorer, dataset: Dataset, options: ValidateOptions): Promise<Validation> =>
  finished(validation(trainer, dataset, options));

/** Scores one class after the other, so that the losses of a batch belong to one class. */
export async function* validationByClass(
  trainer: Scorer,
  dataset: Dataset,
  options: ValidateOptions,
): AsyncGenerator<EvaluationProgress, Evaluation<ClassEvaluation>, void> {
  const loading = readValidateOptions(options);
  assertDataset('The dataset', dataset, trainer.model);
  const scored = scoredBatches(trainer, dataset, groupedByClass(dataset), loading);
  return yield* evaluationByClass(dataset, scored, trainer.model.auxInEvaluation);
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
function readValidateOptions(options: ValidateOptions): Loading {
  const known = ['batchSize', 'resize', 'crop', 'onDecodeError', 'ema', 'signal'] as const;
  const read = readOptions('options', options, known);
  return {
    ...checkResizeCrop(read.resize ?? 256, read.crop ?? 224),
    batchSize: integer('batchSize', read.batchSize ?? 32, 1, MAX_BATCH_SIZE),
    onDecodeError: oneOf('onDecodeError', read.onDecodeError ?? 'throw', ['throw', 'skip'] as const),
    ema: boolean('ema', read.ema ?? true),
    signal: readSignal('signal', read.signal),
  };
}

/** @param groups positions in the dataset; no batch holds images of two of these lists. */
async function* scoredBatches(
  trainer: Scorer,
  dataset: Dataset,
  groups: readonly Uint32Array[],
  { ema, ...loading }: Loading,
): AsyncGenerator<ScoredBatch, void, void> {
  for (const indices of groups) {
    for await (const batch of batches(dataset, { indices, ...loading })) {
      const { images, labels, skipped } = batch;
      const result = labels.length > 0 ? await trainer.evaluate(images, labels, { ema }) : null;
      yield { indices: batch.indices, labels, result, skipped };
    }
  }
}

/** The positions of each class's images. */
function groupedByClass(dataset: Dataset): Uint32Array[] {
  const groups = dataset.classes.map((): number[] => []);
  for (let i = 0; i < dataset.length; i++) groups[dataset.label(i)]?.push(i);
  return groups.map((group) => Uint32Array.from(group));
}

/** Single images of a dataset that are worth a look. */
class Examples {
  mistakes: Prediction[] = [];
  readonly samples: Prediction[] = [];
  readonly #chosen: ReadonlySet<number>;

  constructor({ length }: Dataset) {
    this.#chosen = new Set(Array.from({ length: SAMPLES }, (_, i) => Math.floor((i * length) / SAMPLES)));
  }

  /** The same batches, looked at on their way. */
  async *of(scored: AsyncIterable<ScoredBatch>): AsyncGenerator<ScoredBatch, void, void> {
    for await (const batch of scored) {
      this.#add(batch);
      yield batch;
    }
  }

  #add({ labels, indices, result }: ScoredBatch): void {
    if (!result) return;
    for (const [i, label] of labels.entries()) {
      const prediction = {
        index: indices[i] ?? 0,
        label,
        predicted: result.predicted[i] ?? 0,
        probability: result.probabilities[i] ?? 0,
        labelProbability: result.labelProbabilities[i] ?? 0,
      };
      if (this.#chosen.has(prediction.index)) this.samples.push(prediction);
      if (prediction.predicted !== label) this.mistakes.push(prediction);
    }
    this.mistakes.sort((a, b) => a.labelProbability - b.labelProbability || a.index - b.index);
    this.mistakes = this.mistakes.slice(0, MISTAKES);
  }
}
