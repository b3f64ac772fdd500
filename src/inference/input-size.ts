import { GoogLeNetError } from '../core/errors.js';

/** Sides of images, in pixels, that a network can take. */
export interface InputSizes {
  min: number;
  max: number;
  /** What goes wrong with others. */
  why: string;
}

/** Far beyond what fits in memory. */
const UNLIMITED = 16_384;

export const fromSide = (min: number, why: string): InputSizes => ({ min, max: UNLIMITED, why });

/**
 * Where the last map is average-pooled by exactly 7×7. Four layers of stride 2 with `ceil_mode` come before, and a convolution of
 * stride 2.
 */
export const POOLED_BY_SEVEN: InputSizes = {
  min: 223,
  max: 254,
  why: 'the last map must be 7×7, as the average pool before the classifier needs it',
};

export const XCEPTION_SIZES = fromSide(71, 'smaller ones leave nothing for the last convolutions');

/** @throws GoogLeNetError `INVALID_SHAPE` for images that the network cannot take. */
export function assertInputSize(height: number, width: number, { min, max, why }: InputSizes): void {
  if (Math.min(height, width) >= min && Math.max(height, width) <= max) return;
  throw new GoogLeNetError(
    'INVALID_SHAPE',
    `Images of ${height}×${width} do not fit this network: height and width must be in [${min}, ${max}], because ${why}. Resize to ` +
      '224×224, as loadImages() does.',
  );
}
