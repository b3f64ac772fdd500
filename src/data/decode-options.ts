/** How files of images are decoded: the same options, with the same defaults, wherever it happens. */
import { MAX_PIXELS } from '../core/training-settings.js';
import { boolean, integer } from '../core/validation.js';

export interface DecodeOptions {
  /**
   * The most pixels (height · width) that an image may have. Its header says how many, and nothing of a larger one is decoded. Default
   * 2^26, which are 8192 × 8192 or 64 megapixels.
   */
  maxPixels?: number;
  /**
   * Turns and mirrors an image as its EXIF orientation says, so that the network sees photographs of cameras and telephones upright, as
   * Pillow's `ImageOps.exif_transpose` does. False reads them as `Image.open(f).convert('RGB')` and torchvision's `ImageFolder` do. Default
   * true wherever images are decoded, for training as for evaluation and use: a network must be shown what it was trained on.
   */
  autoOrient?: boolean;
}

/** {@link DecodeOptions} with defaults. */
export type Decoding = Required<DecodeOptions>;

export const DECODE_OPTIONS = ['maxPixels', 'autoOrient'] as const satisfies (keyof DecodeOptions)[];

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readDecoding(options: Partial<Record<keyof DecodeOptions, unknown>> = {}): Decoding {
  return {
    maxPixels: integer('maxPixels', options.maxPixels ?? MAX_PIXELS, 1),
    autoOrient: boolean('autoOrient', options.autoOrient ?? true),
  };
}
