import type { RawImage } from './dataset.js';

/** Pixels that are converted in one go on the JS thread: a millisecond. */
const SLICE = 2 ** 17;

/**
 * CMYK as RGB by Pillow's formula, which knows no inks: each color is (1 - it) · (1 - black), rounded as Pillow does.
 * @param data bytes `[height, width, 4]`.
 */
export async function rgbOfCmyk(data: Uint8Array, height: number, width: number): Promise<RawImage> {
  const pixels = height * width;
  const rgb = new Uint8Array(pixels * 3);
  for (let start = 0; start < pixels; start += SLICE) {
    const end = Math.min(pixels, start + SLICE);
    for (let i = start; i < end; i++) {
      const light = 255 - (data[4 * i + 3] as number);
      for (let channel = 0; channel < 3; channel++) {
        const product = (data[4 * i + channel] as number) * light + 128;
        rgb[3 * i + channel] = Math.max(0, light - (((product >> 8) + product) >> 8));
      }
    }
    if (end < pixels) await new Promise(setImmediate);
  }
  return { data: rgb, height, width };
}
