/** Images as callers have them, prepared for a network. */
import { throwIfAborted } from '../core/errors.js';
import { allocate } from '../core/staging-buffer.js';
import type { Images } from '../core/tensor.js';
import { invalid, isUint8Array, itemsOf, readOptions } from '../core/validation.js';
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

/** A path, an encoded image (JPEG, PNG, WebP, …), or RGB bytes with their height and width. Must not change until the promise settles. */
export type ImageInput = string | Uint8Array | RawImage;

/** The preprocessing of the published weights. */
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
    // No work continues after the promise has settled.
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
