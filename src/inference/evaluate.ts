/** Scoring as in the paper: averaged over views of each image, and over several models. */

import { unlessAborted } from '../core/abort.js';
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { callback, integer, invalid, oneOf, readOptions, signal as readSignal } from '../core/validation.js';
import { assertViews, type Crops, multiCrop } from '../data/crops.js';
import type { Dataset } from '../data/dataset.js';
import { isDecodeError, ON_DECODE_ERROR, type OnDecodeError, type Skipped } from '../data/decode-errors.js';
import { sampleName } from '../data/samples.js';
import { checkResizeCrop } from '../data/transforms.js';
import { evaluated, type ImageClassifier, nativeOf } from '../models/image-classifier.js';
import { assertDataset } from '../train/datasets.js';
import { softmax } from './classify.js';
import { assertInputSize } from './input-size.js';

export interface EvaluateOptions {
  /** Views of each image whose softmaxes are averaged: 1 (default), 10 or 144. */
  crops?: Crops;
  /** Short edge of the resized images. Default 256. With 144 crops the paper's four are taken. */
  resize?: number;
  /** Edge of the crops. Default 224. */
  crop?: number;
  /** Views that are computed together. Default 32. */
  batchSize?: number;
  /** Default `error`. */
  onDecodeError?: OnDecodeError;
  /** Ends with the error `ABORTED`. */
  signal?: AbortSignal | undefined;
  /** After each image. */
  onProgress?: (done: number, total: number) => void;
}

export interface ClassResult {
  name: string;
  images: number;
  correct: number;
  /** `NaN` for a class without images. */
  top1: number;
  /** Mean of the negative logarithms of the label's averaged probability. */
  loss: number;
}

export interface EvaluateResult {
  images: number;
  top1: number;
  top5: number;
  loss: number;
  classes: ClassResult[];
  /** `confusion[label][predicted]`: images. Null above 2048 classes. */
  confusion: Uint32Array[] | null;
  /** What `onDecodeError: 'skip'` has left out; it counts nowhere else. */
  skipped: Skipped[];
}

const MAX_CONFUSION = 2048;
/** What messages call it. */
const EVALUATION = 'The evaluation';
const KNOWN = ['crops', 'resize', 'crop', 'batchSize', 'onDecodeError', 'signal', 'onProgress'] as const;

/**
 * Scores one model or an ensemble, in evaluation mode.
 * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_DATASET`, `INVALID_IMAGE`, `INVALID_SHAPE`, `DIVERGED` for logits that are no
 * numbers, `ABORTED`, `DISPOSED`
 */
export async function evaluate(
  models: readonly ImageClassifier[],
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<EvaluateResult> {
  const read = readOptions('options', options, KNOWN) as EvaluateOptions;
  const { crops = 1 } = read;
  if (![1, 10, 144].includes(crops)) throw invalid('crops', '1, 10 or 144', crops);
  const sides = checkResizeCrop(read.resize ?? 256, read.crop ?? 224);
  assertViews(crops, sides.crop);
  const batchSize = integer('batchSize', read.batchSize ?? 32, 1, 65_536);
  const onDecodeError = oneOf('onDecodeError', read.onDecodeError ?? 'throw', ON_DECODE_ERROR);
  const signal = readSignal('signal', read.signal);
  const onProgress = callback('onProgress', read.onProgress);
  assertEnsemble(models, dataset, sides.crop);
  const tally = new Tally(dataset);
  const skipped: Skipped[] = [];
  for (let index = 0; index < dataset.length; index++) {
    throwIfAborted(signal, EVALUATION);
    const name = sampleName(dataset, index);
    try {
      const image = await unlessAborted(Promise.resolve(dataset.image(index)), signal, EVALUATION);
      const views = await multiCrop(name, image, crops, sides);
      tally.add(dataset.label(index), await meanSoftmax(models, views, sides.crop, batchSize, signal));
    } catch (error) {
      if (onDecodeError === 'throw' || !isDecodeError(error)) throw error;
      skipped.push({ index, name, reason: error.message });
    }
    onProgress?.(index + 1, dataset.length);
  }
  if (skipped.length === dataset.length) throw nothingReadable(skipped);
  return { ...tally.finish(), skipped };
}

/** @param skipped all that there was. */
export const nothingReadable = (skipped: readonly Skipped[]): GoogLeNetError =>
  new GoogLeNetError(
    'INVALID_DATASET',
    `None of the ${skipped.length} images can be read. The first one: ${skipped[0]?.reason}`,
  );

function assertEnsemble(models: readonly ImageClassifier[], dataset: Dataset, crop: number): void {
  if (!Array.isArray(models) || models.length === 0) throw invalid('models', 'an array of models', models);
  const [first] = models as [ImageClassifier];
  for (const model of models) {
    nativeOf(model);
    assertDataset('The dataset', dataset, model);
    assertInputSize(crop, crop, model.inputSizes);
    if (model.numClasses !== first.numClasses) {
      throw new GoogLeNetError(
        'INVALID_ARGUMENT',
        `The models of an ensemble need the same classes; these have ${first.numClasses} and ${model.numClasses}.`,
      );
    }
  }
}

/** The mean over all models and views of one image. */
async function meanSoftmax(
  models: readonly ImageClassifier[],
  views: Uint8Array,
  crop: number,
  batchSize: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const bytes = crop * crop * 3;
  const count = views.length / bytes;
  const sum = new Float64Array(models[0]?.numClasses ?? 0);
  for (let start = 0; start < count; start += batchSize) {
    const size = Math.min(batchSize, count - start);
    const data = views.subarray(start * bytes, (start + size) * bytes);
    const logits = await Promise.all(
      models.map((model) => evaluated(model, { data, shape: [size, crop, crop, 3] }, signal)),
    );
    for (const [main] of logits) addSoftmaxes(sum, main.data);
  }
  return sum.map((probability) => probability / (count * models.length));
}

/** Adds the softmax of each row of logits. */
function addSoftmaxes(sum: Float64Array, logits: Float32Array): void {
  const classes = sum.length;
  for (let start = 0; start < logits.length; start += classes) {
    const probabilities = softmax(logits.subarray(start, start + classes));
    for (let c = 0; c < classes; c++) sum[c] = (sum[c] ?? 0) + (probabilities[c] ?? 0);
  }
}

class Tally {
  readonly #names: readonly string[];
  readonly #confusion: Uint32Array[] | null;
  readonly #images: Uint32Array;
  readonly #correct: Uint32Array;
  readonly #losses: Float64Array;
  #correctTop5 = 0;

  constructor({ classes }: Dataset) {
    const { length } = classes;
    this.#names = classes;
    this.#confusion = length > MAX_CONFUSION ? null : classes.map(() => new Uint32Array(length));
    this.#images = new Uint32Array(length);
    this.#correct = new Uint32Array(length);
    this.#losses = new Float64Array(length);
  }

  add(label: number, probabilities: Float64Array): void {
    const own = probabilities[label];
    if (own === undefined) {
      const message = `A label of the dataset is ${label}; labels are indices of its ${this.#names.length} classes.`;
      throw new GoogLeNetError('INVALID_DATASET', message);
    }
    if (Number.isNaN(own)) {
      const message = 'The logits of an image are NaN: the weights were spoiled by a run that diverged.';
      throw new GoogLeNetError('DIVERGED', message);
    }
    // Of equal ones the first counts, as in torch.topk of one thread.
    const isAhead = (p: number, i: number) => p > own || (p === own && i < label);
    const better = probabilities.reduce((n, p, i) => n + (isAhead(p, i) ? 1 : 0), 0);
    const predicted =
      better === 0 ? label : probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
    this.#images[label] = (this.#images[label] ?? 0) + 1;
    this.#losses[label] = (this.#losses[label] ?? 0) - Math.log(own);
    if (better === 0) this.#correct[label] = (this.#correct[label] ?? 0) + 1;
    if (better < 5) this.#correctTop5++;
    const row = this.#confusion?.[label];
    if (row && predicted < row.length) row[predicted] = (row[predicted] ?? 0) + 1;
  }

  finish(): Omit<EvaluateResult, 'skipped'> {
    const sum = (values: Uint32Array | Float64Array) => Array.from(values).reduce((a, b) => a + b, 0);
    const images = sum(this.#images);
    const classes = this.#names.map((name, i) => {
      const count = this.#images[i] ?? 0;
      const correct = this.#correct[i] ?? 0;
      return { name, images: count, correct, top1: correct / count, loss: (this.#losses[i] ?? 0) / count };
    });
    return {
      images,
      top1: sum(this.#correct) / images,
      top5: this.#correctTop5 / images,
      loss: sum(this.#losses) / images,
      classes,
      confusion: this.#confusion,
    };
  }
}
