/** Softmaxes averaged over crops of each image and over several classifiers, as the paper scores its networks. */
import { unlessAborted } from '../core/abort.js';
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { type Crops, multiCrop } from '../data/crops.js';
import type { Dataset } from '../data/dataset.js';
import { isDecodeError, type OnDecodeError } from '../data/decode-errors.js';
import { sampleName } from '../data/samples.js';
import { type Classifier, INFER } from './classifier.js';
import type { ScoredBatch } from './evaluation.js';
import type { BatchEvaluation } from './metrics.js';
import { softmax } from './top-k.js';

export interface MultiCropOptions {
  crops: Crops;
  /** Short edge of the resized images, and edge of the crops. */
  resize: number;
  crop: number;
  /** Crops that are computed together. */
  batchSize: number;
  onDecodeError: OnDecodeError;
  signal: AbortSignal | undefined;
}

/** What messages call it. */
const EVALUATION = 'The evaluation';

/** Scores a dataset image by image. */
export async function* multiCropBatches(
  classifiers: readonly Classifier[],
  dataset: Dataset,
  options: MultiCropOptions,
): AsyncGenerator<ScoredBatch, void, void> {
  const { crops, signal } = options;
  for (let index = 0; index < dataset.length; index++) {
    throwIfAborted(signal, EVALUATION);
    const name = sampleName(dataset, index);
    try {
      const image = await unlessAborted(Promise.resolve(dataset.image(index)), signal, EVALUATION);
      const pixels = await multiCrop(name, image, crops, options);
      const label = dataset.label(index);
      const result = scored(await meanSoftmax(classifiers, pixels, options), label, dataset.classes.length);
      yield { indices: [index], labels: Int32Array.of(label), result, skipped: [] };
    } catch (error) {
      if (options.onDecodeError === 'throw' || !isDecodeError(error)) throw error;
      const skipped = [{ index, name, reason: error.message }];
      yield { indices: [], labels: new Int32Array(0), result: null, skipped };
    }
  }
}

/** The mean over all classifiers and crops of one image. */
async function meanSoftmax(
  classifiers: readonly Classifier[],
  pixels: Uint8Array,
  { crop, batchSize, signal }: MultiCropOptions,
): Promise<Float64Array> {
  const bytes = crop * crop * 3;
  const count = pixels.length / bytes;
  const sum = new Float64Array(classifiers[0]?.numClasses ?? 0);
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    const data = pixels.subarray(start * bytes, (start + size) * bytes);
    const batch = { data, shape: [size, crop, crop, 3] };
    const logits = await Promise.all(classifiers.map((classifier) => classifier[INFER](batch, signal)));
    for (const [main] of logits) addSoftmaxes(sum, main.data);
  }
  return sum.map((probability) => probability / (count * classifiers.length));
}

/** Adds the softmax of each row of logits. */
function addSoftmaxes(sum: Float64Array, logits: Float32Array): void {
  const classes = sum.length;
  for (let start = 0; start < logits.length; start += classes) {
    const probabilities = softmax(logits.subarray(start, start + classes));
    for (let c = 0; c < classes; c++) sum[c] = (sum[c] ?? 0) + (probabilities[c] ?? 0);
  }
}

/**
 * The loss is the negative logarithm of the label's averaged probability.
 * @throws GoogLeNetError `INVALID_DATASET` for a label that is no class, `DIVERGED` for NaN
 */
function scored(probabilities: Float64Array, label: number, numClasses: number): BatchEvaluation {
  const own = probabilities[label];
  if (own === undefined) {
    const message = `A label of the dataset is ${label}; labels are indices of its ${numClasses} classes.`;
    throw new GoogLeNetError('INVALID_DATASET', message);
  }
  if (Number.isNaN(own)) {
    const message = 'The logits of an image are NaN: the weights come from a run that diverged.';
    throw new GoogLeNetError('DIVERGED', message);
  }
  // Of equal probabilities the first counts, as in torch.topk of one thread.
  const isAhead = (p: number, i: number) => p > own || (p === own && i < label);
  const ahead = probabilities.reduce((n, p, i) => n + (isAhead(p, i) ? 1 : 0), 0);
  const predicted =
    ahead === 0 ? label : probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
  const loss = -Math.log(own);
  return {
    ...{ loss, mainLoss: loss, aux1Loss: null, aux2Loss: null },
    ...{ correct: ahead === 0 ? 1 : 0, correctTop5: ahead < 5 ? 1 : 0, aux1Correct: null, aux2Correct: null },
    predicted: Int32Array.of(predicted),
    probabilities: Float32Array.of(probabilities[predicted] ?? 0),
    labelProbabilities: Float32Array.of(own),
  };
}
