/** The one evaluator: whatever scores the batches of a dataset, it sums them up. */

import { type ClassMetrics, classMetrics, type MacroAverages, macroAverages } from '../core/class-metrics.js';
import { GoogLeNetError } from '../core/errors.js';
import type { Dataset } from '../data/dataset.js';
import type { Skipped } from '../data/decode-errors.js';
import {
  type BatchEvaluation,
  computeMetrics,
  emptyMetrics,
  type Metrics,
  mergeMetrics,
  updateMetrics,
} from './metrics.js';

/** How well the images of a dataset are classified. */
export interface Evaluation<Class extends ClassMetrics = ClassMetrics> extends Metrics {
  /** How many were scored. */
  images: number;
  /** In the order of the dataset's classes. */
  classes: Class[];
  macro: MacroAverages;
  /** `confusion[label][predicted]`: images. Null above 2048 classes. */
  confusion: Uint32Array[] | null;
  /** Images that cannot be read and were left out; they count nowhere else. */
  skipped: Skipped[];
}

/** A class with losses and accuracies of its own, which are `NaN` where it has no images. */
export interface ClassEvaluation extends ClassMetrics, Metrics {}

/** A batch of a dataset and what its scorer found. */
export interface ScoredBatch {
  /** Positions in the dataset. */
  indices: ArrayLike<number>;
  labels: Int32Array;
  /** Null where no image of the batch could be read. */
  result: BatchEvaluation | null;
  skipped: readonly Skipped[];
}

/** After each batch. */
export interface EvaluationProgress {
  /** Images scored or skipped so far. */
  done: number;
  total: number;
  /** Those of the latest batch. */
  skipped: readonly Skipped[];
}

/** The matrix of more classes would take more memory than a model. */
export const MAX_CONFUSION = 2048;

/**
 * Sums up batches where all images of a batch are of one class, so that each class has losses of its own.
 * @throws GoogLeNetError `INVALID_DATASET` where no image could be read, and what the scorer throws
 */
export async function* evaluationByClass(
  dataset: Dataset,
  batches: AsyncIterable<ScoredBatch>,
  hasAux: boolean,
): AsyncGenerator<EvaluationProgress, Evaluation<ClassEvaluation>, void> {
  const sums = dataset.classes.map(emptyMetrics);
  const accumulator = new EvaluationAccumulator(dataset.classes);
  yield* summedUp(dataset, batches, accumulator, (result, labels) => {
    const label = labels[0] ?? 0;
    sums[label] = updateMetrics(sums[label] ?? emptyMetrics(), result, labels.length);
  });
  const found = accumulator.compute();
  const classes = found.classes.map((metrics, i) => ({
    ...metrics,
    ...computeMetrics(sums[i] ?? emptyMetrics(), hasAux),
  }));
  return { ...computeMetrics(sums.reduce(mergeMetrics, emptyMetrics()), hasAux), ...found, classes };
}

/**
 * Sums up batches of any images.
 * @throws GoogLeNetError `INVALID_DATASET` where no image could be read, and what the scorer throws
 */
export async function* evaluation(
  dataset: Dataset,
  batches: AsyncIterable<ScoredBatch>,
  hasAux: boolean,
): AsyncGenerator<EvaluationProgress, Evaluation, void> {
  let sums = emptyMetrics();
  const accumulator = new EvaluationAccumulator(dataset.classes);
  yield* summedUp(dataset, batches, accumulator, (result, labels) => {
    sums = updateMetrics(sums, result, labels.length);
  });
  return { ...computeMetrics(sums, hasAux), ...accumulator.compute() };
}

async function* summedUp(
  dataset: Dataset,
  batches: AsyncIterable<ScoredBatch>,
  accumulator: EvaluationAccumulator,
  update: (result: BatchEvaluation, labels: Int32Array) => void,
): AsyncGenerator<EvaluationProgress, void, void> {
  const { skipped } = accumulator;
  for await (const { labels, result, skipped: more } of batches) {
    skipped.push(...more);
    if (result) {
      accumulator.update(labels, result.predicted);
      update(result, labels);
    }
    yield { done: accumulator.images + skipped.length, total: dataset.length, skipped: more };
  }
  if (accumulator.images > 0) return;
  const message = `None of the ${skipped.length} images can be read. The first one: ${skipped[0]?.reason}`;
  throw new GoogLeNetError('INVALID_DATASET', message);
}

/** Counts of labels and predictions. */
class EvaluationAccumulator {
  readonly skipped: Skipped[] = [];
  images = 0;
  readonly #names: readonly string[];
  readonly #confusion: Uint32Array[] | null;
  readonly #counts: Record<'support' | 'predicted' | 'correct', Uint32Array>;

  constructor(names: readonly string[]) {
    const { length } = names;
    this.#names = names;
    this.#confusion = length > MAX_CONFUSION ? null : names.map(() => new Uint32Array(length));
    const [support, predicted, correct] = [0, 1, 2].map(() => new Uint32Array(length)) as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    this.#counts = { support, predicted, correct };
  }

  update(labels: Int32Array, predictions: Int32Array): void {
    const { support, predicted, correct } = this.#counts;
    this.images += labels.length;
    for (const [i, label] of labels.entries()) {
      const prediction = predictions[i] ?? 0;
      increment(support, label);
      // A model may have more classes than the dataset has names; such predictions are wrong and counted for no class.
      increment(predicted, prediction);
      if (prediction === label) increment(correct, label);
      const row = this.#confusion?.[label];
      if (row) increment(row, prediction);
    }
  }

  compute(): Pick<Evaluation, 'images' | 'classes' | 'macro' | 'confusion' | 'skipped'> {
    const classes = classMetrics(this.#names, this.#counts);
    return {
      images: this.images,
      classes,
      macro: macroAverages(classes, this.#counts),
      confusion: this.#confusion,
      skipped: this.skipped,
    };
  }
}

function increment(counts: Uint32Array, index: number): void {
  if (index < counts.length) counts[index] = (counts[index] ?? 0) + 1;
}

/** The same steps in other words. Leaving them leaves the inner ones too, which then end what they have in work. */
export async function* mapSteps<Step, Mapped, Result>(
  steps: AsyncGenerator<Step, Result, void>,
  map: (step: Step) => Mapped,
): AsyncGenerator<Mapped, Result, void> {
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      yield map(value);
    }
  } finally {
    await steps.return(undefined as Result);
  }
}

/** The value that steps end with. */
export async function finished<Step, Result>(
  steps: AsyncGenerator<Step, Result, void>,
  onStep?: (step: Step) => void,
): Promise<Result> {
  const each = mapSteps(steps, (step) => onStep?.(step));
  for (;;) {
    const { done, value } = await each.next();
    if (done) return value as Result;
  }
}
