import type { Picture } from './data/dataset.js';
import { decodeImage } from './data/decode.js';
import { preprocess } from './data/transforms.js';
import type { Images } from './tensor.js';
import { integer, invalid, isFloat32Array, isUint8Array } from './validate.js';

export interface Classification {
  /** The class's name, or its index as text in a model without names. */
  label: string;
  index: number;
  /** Softmax over all classes. */
  probability: number;
}

/** A path, an encoded picture (JPEG, PNG, WebP, …), or RGB bytes with their sizes. Must not change until the promise settles. */
export type PictureSource = string | Uint8Array | Picture;

/**
 * Decodes pictures and prepares them as the published weights expect: short edge to 256, the centre 224×224.
 * @returns bytes `[n, 224, 224, 3]`, for `forward`.
 * @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_ARGUMENT`
 */
export async function loadImages(sources: readonly PictureSource[]): Promise<Images> {
  if (!Array.isArray(sources)) throw invalid('sources', 'an array of paths or encoded pictures', sources);
  return preprocess(await Promise.all(sources.map(decoded)));
}

/** What is decoded already is checked by the transforms. */
const decoded = (source: PictureSource): Picture | Promise<Picture> =>
  typeof source === 'string' || isUint8Array(source) ? decodeImage(source) : source;

/** Probabilities of one picture's logits; all NaN where one of them is. */
export function softmax(logits: Float32Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/**
 * The `k` classes with the highest logits, best first.
 * @param logits of one picture, `[numClasses]`.
 * @throws GoogLeNetError `INVALID_DTYPE`, `INVALID_ARGUMENT`
 */
export function topK(logits: Float32Array, k: number, classes?: readonly string[]): Classification[] {
  if (!isFloat32Array(logits)) throw invalid('logits', 'a Float32Array', logits, 'INVALID_DTYPE');
  integer('k', k, 1);
  const probabilities = softmax(logits);
  const order = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
  return order.slice(0, k).map((index) => ({
    label: classes?.[index] ?? String(index),
    index,
    probability: probabilities[index] ?? 0,
  }));
}
