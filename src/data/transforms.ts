/** Evaluation preprocessing, equal to torchvision's tensor pipeline on bytes. The arithmetic is C++; meaning is checked here. */
import { unlessAborted } from '../core/abort.js';
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { allocate, copyInSlices } from '../core/staging-buffer.js';
import type { Images } from '../core/tensor.js';
import {
  integer,
  invalid,
  isUint8Array,
  object,
  readOptions,
  signal as readSignal,
} from '../core/validation.js';
import { call } from '../native/call.js';
import { loadAddon } from '../native/load.js';
import type { RawImage } from './dataset.js';

/** Per channel (RGB), of values in [0, 1]; what the published weights were trained with. */
export const IMAGENET_MEAN: readonly number[] = [0.485, 0.456, 0.406];
export const IMAGENET_STD: readonly number[] = [0.229, 0.224, 0.225];

/** A strip of 1 × 100,000 pixels would become 256 × 25,600,000: 16.8 million pixels, or 200 MB of floats, are enough. */
const MAX_RESIZED_PIXELS = 2 ** 24;
const MAX_RESIZE = 4096;

export interface ResizeCropOptions {
  /** What the short edge becomes, in pixels. */
  resize: number;
  /** Edge of the square that is cut from the center, at most `resize`. */
  crop: number;
}

export interface PreprocessOptions extends Partial<ResizeCropOptions> {
  /** Ends with the error `ABORTED`; looked at first and between all stages. */
  signal?: AbortSignal | undefined;
}

/** What messages call it. */
const PREPROCESSING = 'Preprocessing';

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function checkResizeCrop(resize: unknown, crop: unknown): ResizeCropOptions {
  const edge = integer('resize', resize, 1, MAX_RESIZE);
  return { resize: edge, crop: integer('crop', crop, 1, edge) };
}

/**
 * Short edge to `resize` (bilinear, antialiased; the long edge is truncated), then the central `crop` × `crop`, rounded to bytes.
 * @param images RGB bytes of any sizes; must not change until the promise settles.
 * @returns RGB bytes `[n, crop, crop, 3]`; the model scales and normalizes them.
 * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`, `INVALID_DTYPE`; `INVALID_IMAGE` for images too long to resize; `ABORTED`.
 */
export async function preprocess(
  images: readonly RawImage[],
  options: PreprocessOptions = {},
): Promise<Images> {
  const { resize, crop, signal } = readOptions('options', options, ['resize', 'crop', 'signal']);
  const sizes = checkResizeCrop(resize ?? 256, crop ?? 224);
  if (!Array.isArray(images)) throw invalid('images', 'an array of images', images);
  const abort = readSignal('signal', signal);
  throwIfAborted(abort, PREPROCESSING);
  const output = allocate(images.length * sizes.crop ** 2 * 3);
  const data = await resizeCrop(images, sizes, output, abort);
  return { data, shape: [images.length, sizes.crop, sizes.crop, 3] };
}

/** {@link preprocess} with sizes that are checked already, into memory of the caller's where it has some. */
export async function resizeCrop(
  images: readonly RawImage[],
  sizes: ResizeCropOptions,
  output: Uint8Array = new Uint8Array(images.length * sizes.crop * sizes.crop * 3),
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const own: RawImage[] = [];
  for (const [i, image] of images.entries()) {
    throwIfAborted(signal, PREPROCESSING);
    own.push(await copyImage(checkImage(`images[${i}]`, image, sizes.resize)));
  }
  throwIfAborted(signal, PREPROCESSING);
  await unlessAborted(resizeCropInto(output, own, sizes), signal, PREPROCESSING);
  return output;
}

/**
 * @param own checked images in memory that nobody else has: it is given back when they are done.
 * @param done more such memory, which is not needed any more.
 */
export async function resizeCropInto(
  output: Uint8Array,
  own: readonly RawImage[],
  { resize, crop }: ResizeCropOptions,
  done: readonly Uint8Array[] = [],
): Promise<void> {
  // Memory that holds something else too, as a pool of Node's does, is not ours to give back.
  const isWhole = (bytes: Uint8Array) => bytes.byteLength === bytes.buffer.byteLength;
  const release = [...own.map(({ data }) => data), ...done].filter(isWhole);
  await call(() => loadAddon().resizeCrop({ images: [...own], resize, crop, output, release }));
}

/** The same image in memory of our own. */
export async function copyImage({ data, height, width }: RawImage): Promise<RawImage> {
  const copy = allocate(data.length);
  await copyInSlices(copy, [{ source: data, offset: 0 }]);
  return { data: copy, height, width };
}

/** @param name what messages call the image. */
export function checkImage(name: string, value: RawImage, resize: number): RawImage {
  const image = checkPixels(name, value);
  checkElongation(name, image, resize);
  return image;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`, `INVALID_DTYPE` */
export function checkPixels(name: string, value: RawImage): RawImage {
  const { data, height, width } = object(name, value) as unknown as RawImage;
  integer(`${name}.height`, height, 1);
  integer(`${name}.width`, width, 1);
  if (!isUint8Array(data)) throw invalid(`${name}.data`, 'a Uint8Array', data, 'INVALID_DTYPE');
  if (data.length !== height * width * 3) {
    const expected = `${height} × ${width} × 3 = ${height * width * 3} bytes`;
    throw new GoogLeNetError(
      'INVALID_SHAPE',
      `Expected ${expected} for ${name}.data but received ${data.length}.`,
    );
  }
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), height, width };
}

/** @throws GoogLeNetError `INVALID_IMAGE` for images that would grow to gigabytes when their short edge is resized. */
export function checkElongation(
  name: string,
  { height, width }: Omit<RawImage, 'data'>,
  resize: number,
): void {
  const longEdge = (resize * Math.max(height, width)) / Math.min(height, width);
  if (resize * longEdge <= MAX_RESIZED_PIXELS) return;
  const size = `${height} × ${width} pixels`;
  throw new GoogLeNetError(
    'INVALID_IMAGE',
    `${name} is too elongated (${size}) for a short edge of ${resize}.`,
  );
}
