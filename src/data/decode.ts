import type { Sharp } from 'sharp';
import { fromFileError, GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { openRegularFile } from '../core/files/regular-file.js';
import {
  invalid,
  isUint8Array,
  readOptions,
  path as readPath,
  signal as readSignal,
} from '../core/validation.js';
import { rgbOfCmyk } from './cmyk.js';
import type { RawImage } from './dataset.js';
import { DECODE_OPTIONS, type DecodeOptions, type Decoding, readDecoding } from './decode-options.js';
import { decodingSlots, readingSlots } from './decoding-slots.js';
import {
  DECODED_FORMATS,
  describeUnknown,
  formatOf,
  HEADER_BYTES,
  type ImageFormat,
} from './image-format.js';
import { jpegHeader } from './jpeg-header.js';
import { copyOfBytes } from './samples.js';
import { loadSharp } from './sharp.js';

/**
 * - `error`: like Pillow, fail on broken and truncated data but not on the harmless warnings that old JPEG writers cause.
 * - `ignoreIcc`: Pillow hands out the numbers of the file, without color management.
 * sharp's process-wide settings stay as they are, because the program around us may use sharp too: one thread an image on glibc,
 * and a cache of at most 50 MB.
 */
const READING = { failOn: 'error', ignoreIcc: true } as const;

export interface DecodeImageOptions extends DecodeOptions {
  /** Ends with the error `ABORTED`; looked at first and between all stages. */
  signal?: AbortSignal | undefined;
}

/** How one image is read, and whether somebody still wants it. */
export interface Reading {
  readonly decoding: Decoding;
  readonly signal: AbortSignal | undefined;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export const readReading = (options: DecodeImageOptions): Reading => ({
  decoding: readDecoding(options),
  signal: readSignal('signal', options.signal),
});

/**
 * Decodes a JPEG, PNG, WebP, GIF (first frame), TIFF or AVIF image off the JS thread, as Pillow's `Image.open(f).convert('RGB')`
 * does, and turned upright: alpha dropped, gray tripled, palettes looked up, CMYK by Pillow's formula, 16-bit channels by their high
 * byte. docs/reference/image-files.md lists what differs. No more images are decoded at once than the process may use cores; calls beyond that wait.
 * @param source a path, or an encoded image that must not change until the promise settles.
 * @throws GoogLeNetError `INVALID_IMAGE` naming the file, `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_ARGUMENT`, `ABORTED`.
 */
export async function decodeImage(
  source: string | Uint8Array,
  options: DecodeImageOptions = {},
): Promise<RawImage> {
  const reading = readReading(
    readOptions('options', options, [...DECODE_OPTIONS, 'signal']) as DecodeImageOptions,
  );
  throwIfAborted(reading.signal, 'Decoding');
  return readingSlots.run(async () => {
    const { bytes, name } = await readSource(source, reading.signal);
    return withDecoded(bytes, name, reading, async (image) => image);
  }, reading.signal);
}

/** The bytes of an encoded image, in memory that no caller can detach, and what messages call it. */
export async function readSource(
  source: string | Uint8Array,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Uint8Array; name: string }> {
  throwIfAborted(signal, 'Decoding');
  if (typeof source === 'string') {
    return { bytes: await readImageFile(readPath('source', source)), name: source };
  }
  if (!isUint8Array(source)) throw invalid('source', 'a path or a Uint8Array', source);
  return { bytes: await copyOfBytes('the image', source), name: 'the image' };
}

/** Uncompressed, the largest image that is decoded by default takes as much, in floats. */
const MAX_FILE_BYTES = 2 ** 30;

/** @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`; `INVALID_IMAGE` for what is no image, of which the header alone is read. */
export async function readImageFile(path: string): Promise<Uint8Array> {
  const file = await openRegularFile(path);
  try {
    const header = new Uint8Array(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    assertFormat(header.subarray(0, bytesRead), path);
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES)
      throw invalidImage(path, `it has ${size} bytes, and an image may have at most ${MAX_FILE_BYTES}.`);
    return await file.readFile();
  } catch (error) {
    throw fromFileError(error, 'read', path);
  } finally {
    await file.close();
  }
}

/** @param encoded an image, or the first bytes of one. */
function assertFormat(encoded: Uint8Array, name: string): ImageFormat {
  const format = formatOf(encoded);
  if (format !== null) return format;
  const advice = 'Convert it to PNG or JPEG, or move it out of the dataset.';
  throw invalidImage(name, `it is ${describeUnknown(encoded)}. ${DECODED_FORMATS}. ${advice}`);
}

/**
 * Decodes and hands the pixels to `use`. Their place among the images that are decoded at once is free when `use` is done: whoever
 * resizes there keeps no more full-size images than that.
 * @param encoded bytes that no caller can detach.
 * @param name what messages call them.
 */
export const withDecoded = <T>(
  encoded: Uint8Array,
  name: string,
  reading: Reading,
  use: (image: RawImage) => Promise<T>,
): Promise<T> => withEncoded(encoded, name, reading, async (image) => use(await pixelsOf(image, encoded)));

/** Gives an encoded image to sharp; whatever goes wrong in `use` is about that image. @throws GoogLeNetError `INVALID_IMAGE` */
export async function withEncoded<T>(
  encoded: Uint8Array,
  name: string,
  { decoding, signal }: Reading,
  use: (image: Sharp) => Promise<T>,
): Promise<T> {
  if (encoded.length === 0)
    throw invalidImage(name, 'it has no bytes: it is empty, or its memory was transferred.');
  const format = assertFormat(encoded, name);
  return decodingSlots.run(async () => {
    throwIfAborted(signal, 'Decoding');
    const { maxPixels } = decoding;
    const decoded = await naming(name, () =>
      use(
        loadSharp()(encoded, {
          ...READING,
          limitInputPixels: maxPixels,
          autoOrient: turns(decoding, format),
        }),
      ).catch(async (error: Error) => {
        throw TOO_LARGE.test(error.message) ? await tooLarge(encoded, name, maxPixels) : error;
      }),
    );
    throwIfAborted(signal, 'Decoding');
    return decoded;
  }, signal);
}

/** Whether an image is turned as its orientation says. Pillow turns TIFF images in any case. */
export const turns = ({ autoOrient }: Decoding, format: string): boolean => autoOrient || format === 'tiff';

/** {@link withEncoded} of pixels in memory that no caller can detach. */
export const withPixels = <T>(
  { data, height, width }: RawImage,
  name: string,
  use: (image: Sharp) => Promise<T>,
): Promise<T> => naming(name, () => use(loadSharp()(data, { raw: { height, width, channels: 3 } })));

/** sharp compares the header with the limit before it decodes, but does not say what it found. */
const TOO_LARGE = /exceeds pixel limit/;

async function tooLarge(encoded: Uint8Array, name: string, maxPixels: number): Promise<GoogLeNetError> {
  const { height, width } = await loadSharp()(encoded, { ...READING, limitInputPixels: false }).metadata();
  const size = `${height} × ${width} = ${height * width} pixels`;
  return invalidImage(
    name,
    `it has ${size}, and maxPixels allows ${maxPixels}. Make it smaller, or raise maxPixels (--max-pixels).`,
  );
}

/** Of the system and not of the image, which must not be left out for it. */
const NOTHING_LEFT = /error creating thread|out of memory/i;

async function naming<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GoogLeNetError) throw error;
    const why = (error as Error).message.trim().replaceAll('\n', '; ');
    if (NOTHING_LEFT.test(why))
      throw new GoogLeNetError('OUT_OF_MEMORY', `Cannot decode ${name}: ${why}.`, { cause: error });
    throw invalidImage(name, `${why}. It may be damaged or cut short: replace it, or leave it out.`, error);
  }
}

/** An encoded image as RGB. */
export async function pixelsOf(image: Sharp, encoded: Uint8Array): Promise<RawImage> {
  if (!(await isCmyk(image, encoded))) return toRgb(image);
  // Without a color profile of printers.
  const { data, info } = await image
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return rgbOfCmyk(data, info.height, info.width);
}

/** Asks sharp only where the format has it, and the header does not say. */
async function isCmyk(image: Sharp, encoded: Uint8Array): Promise<boolean> {
  const format = formatOf(encoded);
  const header = format === 'jpeg' ? jpegHeader(encoded) : null;
  if (header ? header.channels !== 4 : format !== 'jpeg' && format !== 'tiff') return false;
  return (await image.metadata()).space === 'cmyk';
}

/** Runs the pipeline. */
export async function toRgb(image: Sharp): Promise<RawImage> {
  const { data, info } = await image
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { data, height: info.height, width: info.width };
  throw new Error(`it has ${info.channels} channels`);
}

const invalidImage = (name: string, why: string, cause?: unknown) =>
  new GoogLeNetError('INVALID_IMAGE', `Cannot decode ${name}: ${why}`, { cause });
