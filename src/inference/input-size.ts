import { GoogLeNetError } from '../core/errors.js';

/** Heights and widths of images, in pixels, that a network can take. */
export interface InputSizes {
  min: number;
  max: number;
  /** What goes wrong with others. */
  reason: string;
}

/** Far beyond what fits in memory. */
const UNLIMITED = 16_384;

export const atLeast = (min: number, reason: string): InputSizes => ({ min, max: UNLIMITED, reason });

/**
 * For networks that average-pool the last feature map by exactly 7×7. Four layers of stride 2 with `ceil_mode` come before, and a
 * convolution of stride 2.
 */
export const POOLED_BY_SEVEN: InputSizes = {
  min: 223,
  max: 254,
  reason: 'the average pool before the classifier needs a feature map of 7×7',
};

export const XCEPTION_SIZES = atLeast(71, 'smaller ones leave nothing for the last convolutions');

/** @throws GoogLeNetError `INVALID_SHAPE` for images that the network cannot take. */
export function assertInputSize(height: number, width: number, { min, max, reason }: InputSizes): void {
  if (Math.min(height, width) >= min && Math.max(height, width) <= max) return;
  throw new GoogLeNetError(
    'INVALID_SHAPE',
    `Images of ${height}×${width} do not fit this network: height and width must be in [${min}, ${max}], because ${reason}. ` +
      'Resize to 224×224, as loadImages() does.',
  );
}
