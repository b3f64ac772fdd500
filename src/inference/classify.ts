import { throwIfAborted } from '../core/errors.js';
import { allocate } from '../core/staging-buffer.js';
import type { Images } from '../core/tensor.js';
import { integer, invalid, isFloat32Array, isUint8Array, itemsOf, readOptions } from '../core/validation.js';
import type { RawImage } from '../data/dataset.js';
import {
  type DecodeImageOptions,
  type Reading,
  readReading,
  readSource,
  withDecoded,
} from '../data/decode.js';
import { DECODE_OPTIONS } from '../data/decode-options.js';
import { IN_WORK, readingSlots } from '../data/decoding-slots.js';
import { Limiter } from '../data/limiter.js';
import { checkElongation, checkImage, copyImage, resizeCropInto } from '../data/transforms.js';

export interface Classification {
  /** The class's name, or its index as text in a model without names. */
  label: string;
  index: number;
  /** Softmax over all classes. */
  probability: number;
}

/** A path, an encoded image (JPEG, PNG, WebP, …), or RGB bytes with their sizes. Must not change until the promise settles. */
export type ImageInput = string | Uint8Array | RawImage;

export interface ClassifyOptions extends DecodeImageOptions {
  /** How many classes. Default 5. */
  topK?: number;
}

/** Of images that the published weights are given. */
const PUBLISHED = { resize: 256, crop: 224 };
const PREPARED_BYTES = PUBLISHED.crop ** 2 * 3;

/** The names of {@link DecodeImageOptions}. */
export const LOADING_OPTIONS = [...DECODE_OPTIONS, 'signal'] as const;

/**
 * Decodes images and prepares them as the published weights expect: short edge to 256, the center 224×224. Each is resized as soon as
 * it is decoded, and no more of them are decoded at once than the process may use cores.
 * @returns bytes `[n, 224, 224, 3]`, for `forward`.
 * @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_ARGUMENT`, `ABORTED`
 */
export async function loadImages(
  sources: readonly ImageInput[],
  options: DecodeImageOptions = {},
): Promise<Images> {
  if (!Array.isArray(sources)) throw invalid('sources', 'an array of paths or encoded images', sources);
  const reading = readReading(readOptions('options', options, LOADING_OPTIONS) as DecodeImageOptions);
  throwIfAborted(reading.signal, 'Loading images');
  const data = allocate(sources.length * PREPARED_BYTES);
  const limiter = new Limiter(IN_WORK);
  const load = (source: ImageInput, i: number) => {
    const output = data.subarray(i * PREPARED_BYTES, (i + 1) * PREPARED_BYTES);
    return readingSlots.run(() => loadInto(output, source, `sources[${i}]`, reading), reading.signal);
  };
  try {
    await Promise.all(itemsOf(sources).map((source, i) => limiter.run(() => load(source, i))));
  } finally {
    // Nothing goes on behind the caller's back.
    await limiter.stop();
  }
  return { data, shape: [sources.length, PUBLISHED.crop, PUBLISHED.crop, 3] };
}

async function loadInto(
  output: Uint8Array,
  source: ImageInput,
  name: string,
  reading: Reading,
): Promise<void> {
  if (typeof source !== 'string' && !isUint8Array(source)) {
    const image = await copyImage(checkImage(name, source, PUBLISHED.resize));
    throwIfAborted(reading.signal, 'Loading images');
    return resizeCropInto(output, [image], PUBLISHED);
  }
  const encoded = await readSource(source, reading.signal);
  await withDecoded(encoded.bytes, encoded.name, reading, async (image) => {
    checkElongation(encoded.name, image, PUBLISHED.resize);
    throwIfAborted(reading.signal, 'Loading images');
    await resizeCropInto(output, [image], PUBLISHED, [encoded.bytes]);
  });
}

/** Probabilities of one image's logits; all NaN where one of them is. */
export function softmax(logits: Float32Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/**
 * The `k` classes with the highest logits, best first.
 * @param logits of one image, `[numClasses]`.
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
