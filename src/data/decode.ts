import { readFile, stat } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { fromFileError, GoogLeNetError } from '../errors.js';
import { invalid, isUint8Array, path as readPath } from '../validate.js';
import type { Picture } from './dataset.js';
import { loadSharp } from './sharp.js';

/**
 * - `error`: like Pillow, fail on broken and truncated data but not on the harmless warnings that old JPEG writers cause.
 * - `ignoreIcc`: Pillow hands out the numbers of the file, without colour management.
 * `limitInputPixels` keeps sharp's default of 16,383² pixels. sharp's process-wide settings stay as they are, because the
 * program around us may use sharp too: one thread a picture on glibc, and a cache of at most 50 MB.
 */
const READING = { failOn: 'error', ignoreIcc: true } as const;

/**
 * Decodes a JPEG, PNG, WebP, GIF (first frame), TIFF or AVIF picture off the JS thread, as Pillow's `Image.open(f).convert('RGB')`
 * does: no rotation by EXIF, alpha dropped, grey tripled, palettes looked up. 16-bit channels keep their high byte (Pillow does the
 * same, but clips 16-bit grey at 255). CMYK is converted by a colour profile, which Pillow does by a formula.
 * @param source a path, or an encoded picture that must not change until the promise settles.
 * @throws GoogLeNetError `INVALID_IMAGE` naming the file, `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_ARGUMENT`.
 */
export async function decodeImage(source: string | Uint8Array): Promise<Picture> {
  if (typeof source === 'string') {
    return decodeEncoded(await readImageFile(readPath('source', source)), source);
  }
  if (isUint8Array(source)) return decodeEncoded(source, 'the picture');
  throw invalid('source', 'a path or a Uint8Array', source);
}

/** @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR` */
export async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    // Reading a named pipe or a device could go on forever.
    if ((await stat(path)).isFile()) return await readFile(path);
  } catch (error) {
    throw fromFileError(error, 'read', path);
  }
  throw new GoogLeNetError('FILE_ERROR', `Cannot read ${path}: it is not a regular file.`);
}

/** {@link decodeImage} of bytes. @param name what messages call them. */
export async function decodeEncoded(encoded: Uint8Array, name: string): Promise<Picture> {
  return readEncoded(encoded, name, toRgb);
}

/** Gives an encoded picture to sharp; whatever goes wrong in `use` is about that picture. @throws GoogLeNetError `INVALID_IMAGE` */
export async function readEncoded<T>(
  encoded: Uint8Array,
  name: string,
  use: (image: Sharp) => Promise<T>,
): Promise<T> {
  // An array whose memory was given away has no bytes either, and making a view of it throws.
  if (encoded.length === 0)
    throw invalidImage(name, 'it has no bytes: it is empty, or its memory was transferred.');
  if (!hasKnownSignature(encoded)) {
    const advice = 'Convert it to PNG or JPEG, or move it out of the dataset.';
    throw invalidImage(name, `it is not a JPEG, PNG, WebP, GIF, TIFF or AVIF picture. ${advice}`);
  }
  return naming(name, () => use(loadSharp()(encoded, READING)));
}

/** {@link readEncoded} of pixels in memory that no caller can detach. */
export const readPixels = <T>(
  { data, height, width }: Picture,
  name: string,
  use: (image: Sharp) => Promise<T>,
): Promise<T> => naming(name, () => use(loadSharp()(data, { raw: { height, width, channels: 3 } })));

async function naming<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GoogLeNetError) throw error;
    throw invalidImage(name, (error as Error).message.trim().replaceAll('\n', '; '), error);
  }
}

/** Runs the pipeline. */
export async function toRgb(image: Sharp): Promise<Picture> {
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

/** Where a format's magic bytes are, as Latin-1 text. */
const SIGNATURES: readonly [offset: number, magic: string][] = [
  [0, '\xff\xd8\xff'],
  [0, '\x89PNG\r\n\x1a\n'],
  [8, 'WEBP'],
  [0, 'GIF8'],
  [0, 'II*\0'],
  [0, 'MM\0*'],
  [4, 'ftyp'],
];

/** sharp would also render SVG, a language with text, fonts and references to other files; pictures are pixels. */
function hasKnownSignature(encoded: Uint8Array): boolean {
  const start = Buffer.from(encoded.buffer, encoded.byteOffset, Math.min(encoded.length, 16)).toString(
    'latin1',
  );
  return SIGNATURES.some(([offset, magic]) => start.startsWith(magic, offset));
}
