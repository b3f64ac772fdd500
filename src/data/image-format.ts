/** Which format a file of an image has, by its first bytes. */

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

/** As many of a file's first bytes as {@link formatOf} looks at. */
export const HEADER_BYTES = 64;

/** Where the magic bytes are, as Latin-1 text. */
type Signature<Name> = readonly [name: Name, offset: number, magic: string];

const FORMATS: readonly Signature<ImageFormat>[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['gif', 0, 'GIF8'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  // BigTIFF.
  ['tiff', 0, 'II+\0'],
  ['tiff', 0, 'MM\0+'],
];

/** What is met in data sets too, and is not decoded. sharp would render SVG, a language with text, fonts and references to files. */
const OTHERS: readonly Signature<string>[] = [
  ['a BMP image', 0, 'BM'],
  ...Array.from('1234567fF', (kind) => ['a PPM, PGM, PBM or PFM image', 0, `P${kind}\n`] as const),
  ['a JPEG 2000 image', 0, '\0\0\0\x0cjP  '],
  ['a JPEG 2000 image', 0, '\xff\x4f\xff\x51'],
  ['a JPEG XL image', 0, '\xff\x0a'],
  ['a JPEG XL image', 0, '\0\0\0\x0cJXL '],
  ['a HEIC image', 4, 'ftyphei'],
  ['a HEIC image', 4, 'ftyphev'],
  ['a HEIC image', 4, 'ftypmif1'],
  ['an AVIF animation', 4, 'ftypavis'],
  ['a video', 4, 'ftyp'],
  ['an icon of Windows', 0, '\0\0\x01\0'],
  ['a Photoshop document', 0, '8BPS'],
  ['a DDS texture', 0, 'DDS '],
  ['a QOI image', 0, 'qoif'],
  ['an SVG drawing', 0, '<svg'],
  ['a pointer of git-lfs (`git lfs pull` fetches the file)', 0, 'version https://git-lfs'],
  ['a web page', 0, '<!DOCTYPE'],
  ['a web page', 0, '<html'],
];

const startOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEADER_BYTES)).toString('latin1');

/** Null for what is not decoded, such as an empty array. */
export function formatOf(bytes: Uint8Array): ImageFormat | null {
  if (bytes.length === 0) return null;
  const start = startOf(bytes);
  if (start.startsWith('RIFF') && start.startsWith('WEBP', 8)) return 'webp';
  if (isAvif(start)) return 'avif';
  const found = FORMATS.find(([, offset, magic]) => start.startsWith(magic, offset));
  return found?.[0] ?? null;
}

/** The first box of an AVIF file: its length, `ftyp`, the major brand, a version, and compatible brands. */
function isAvif(start: string): boolean {
  if (!start.startsWith('ftyp', 4)) return false;
  if (start.startsWith('avif', 8)) return true;
  const length = Math.min(start.length, (start.charCodeAt(2) << 8) | start.charCodeAt(3));
  const brands: readonly string[] = start.slice(16, length).match(/.{4}/gs) ?? [];
  return start.startsWith('mif1', 8) && brands.includes('avif');
}

/** What a file that {@link formatOf} does not know is, for a message. */
export function describeUnknown(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const start = startOf(bytes);
  return OTHERS.find(([, offset, magic]) => start.startsWith(magic, offset))?.[0] ?? 'of an unknown format';
}

export const DECODED_FORMATS = 'JPEG, PNG, WebP, GIF, TIFF and AVIF are decoded';
