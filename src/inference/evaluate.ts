import { GoogLeNetError } from '../core/errors.js';
import { callback, integer, invalid, oneOf, readOptions, signal as readSignal } from '../core/validation.js';
import { assertCrops, type Crops } from '../data/crops.js';
import type { Dataset } from '../data/dataset.js';
import { ON_DECODE_ERROR, type OnDecodeError } from '../data/decode-errors.js';
import { checkResizeCrop } from '../data/transforms.js';
import { assertClassifier, type Classifier } from './classifier.js';
import { assertDataset } from './dataset-classes.js';
import {
  type ClassEvaluation,
  type Evaluation,
  type EvaluationProgress,
  evaluationByClass,
  finished,
} from './evaluation.js';
import { assertInputSize } from './input-size.js';
import { multiCropBatches } from './multi-crop.js';

export interface EvaluateOptions {
  /** Crops of each image whose softmaxes are averaged: 1 (default), 10 or 144. */
  crops?: Crops;
  /** Short edge of the resized images. Default 256. 144 crops come from the four sizes of the paper. */
  resize?: number;
  /** Edge of the crops. Default 224. */
  crop?: number;
  /** Crops that are computed together. Default 32. */
  batchSize?: number;
  /** Default `throw`. */
  onDecodeError?: OnDecodeError;
  /** Ends with the error `ABORTED`. */
  signal?: AbortSignal | undefined;
  /** After each image. */
  onProgress?: (done: number, total: number) => void;
}

const KNOWN = ['crops', 'resize', 'crop', 'batchSize', 'onDecodeError', 'signal', 'onProgress'] as const;

/**
 * Scores a model or an engine, or several as an ensemble, in evaluation mode. The loss is the cross entropy of the main head's averaged
 * probabilities; auxiliary heads do not count, and their metrics are null.
 * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_DATASET`, `INVALID_IMAGE`, `INVALID_SHAPE`, `DIVERGED` for logits that are NaN,
 * `ABORTED`, `DISPOSED`
 */
export async function evaluate(
  classifiers: Classifier | readonly Classifier[],
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation<ClassEvaluation>> {
  const { onProgress, ...rest } = readOptions('options', options, KNOWN) as EvaluateOptions;
  const report = callback('onProgress', onProgress);
  const steps = multiCropEvaluation(classifiers, dataset, rest);
  return finished(steps, ({ done, total }) => report?.(done, total));
}

/** `evaluate`, image by image. */
export async function* multiCropEvaluation(
  classifiers: Classifier | readonly Classifier[],
  dataset: Dataset,
  options: Omit<EvaluateOptions, 'onProgress'>,
): AsyncGenerator<EvaluationProgress, Evaluation<ClassEvaluation>, void> {
  const { crops = 1 } = options;
  if (![1, 10, 144].includes(crops)) throw invalid('crops', '1, 10 or 144', crops);
  const sizes = checkResizeCrop(options.resize ?? 256, options.crop ?? 224);
  assertCrops(crops, sizes.crop);
  const batchSize = integer('batchSize', options.batchSize ?? 32, 1, 65_536);
  const onDecodeError = oneOf('onDecodeError', options.onDecodeError ?? 'throw', ON_DECODE_ERROR);
  const signal = readSignal('signal', options.signal);
  const ensemble = Array.isArray(classifiers) ? classifiers : [classifiers];
  assertEnsemble(ensemble, dataset, sizes.crop);
  const batches = multiCropBatches(ensemble, dataset, { crops, ...sizes, batchSize, onDecodeError, signal });
  return yield* evaluationByClass(dataset, batches, false);
}

function assertEnsemble(classifiers: readonly Classifier[], dataset: Dataset, crop: number): void {
  const [first] = classifiers;
  if (first === undefined && classifiers.length === 0)
    throw invalid('models', 'a model, an engine or an array of them', classifiers);
  for (const classifier of classifiers) {
    assertClassifier('model', classifier);
    assertDataset('The dataset', dataset, classifier);
    assertInputSize(crop, crop, classifier.inputSizes);
    if (classifier.numClasses !== first?.numClasses) {
      throw new GoogLeNetError(
        'INVALID_ARGUMENT',
        `The models of an ensemble need the same classes; these have ${first?.numClasses} and ${classifier.numClasses}.`,
      );
    }
  }
}
