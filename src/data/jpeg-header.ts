import type { Size } from './augment-params.js';

export interface JpegHeader extends Size {
  /** Of 8 bits. */
  readonly channels: number;
  /** Whether an EXIF block, which may hold an orientation, comes before the frame. */
  readonly hasExif: boolean;
}

const START_OF_SCAN = 0xda;
const END = 0xd9;
const APP1 = 0xe1;

/** Start of frame, of any kind of JPEG: 0xC0 to 0xCF except tables, an extension and arithmetic conditioning. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Restart markers and TEM, which have no length. */
const isAlone = (marker: number) => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;

/**
 * What the header of a JPEG says: asking sharp takes a job of its own, a twentieth of all the work on an image. Null for everything
 * else, for channels of more than 8 bits, and for what looks odd: sharp then says what it is.
 */
export function jpegHeader(bytes: Uint8Array): JpegHeader | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  const word = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  let hasExif = false;
  for (let at = 2; at + 9 < bytes.length; ) {
    const marker = bytes[at + 1] ?? END;
    if (bytes[at] !== 0xff || marker === START_OF_SCAN || marker === END) return null;
    if (marker === 0xff) at += 1;
    else if (isAlone(marker)) at += 2;
    else if (isFrame(marker)) {
      const [depth, height, width, channels = 0] = [bytes[at + 4], word(at + 5), word(at + 7), bytes[at + 9]];
      return depth === 8 && height > 0 && width > 0 ? { height, width, channels, hasExif } : null;
    } else {
      // APP1 is for other metadata too, but the letters of "Exif" are enough to ask sharp.
      hasExif ||= marker === APP1 && word(at + 4) === 0x4578;
      at += 2 + Math.max(2, word(at + 2));
    }
  }
  return null;
}
