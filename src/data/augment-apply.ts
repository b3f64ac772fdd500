/** Augmentation of one image, off the JS thread: where it can be, from file to cropped pixels in one pass of libvips. */
import type { KernelEnum, Sharp } from 'sharp';
import { isUint8Array } from '../core/validation.js';
import type { AugmentOptions, Interpolation } from './augment.js';
import { type AugmentationParams, type Size, sampleParams } from './augment-params.js';
import type { RawImage } from './dataset.js';
import { pixelsOf, type Reading, readReading, toRgb, turns, withEncoded, withPixels } from './decode.js';
import { jpegHeader } from './jpeg-header.js';
import type { Xoshiro128 } from './sampler.js';
import { checkElongation, type ResizeCropOptions } from './transforms.js';

export interface Augmentation extends ResizeCropOptions {
  readonly augment: AugmentOptions;
}

/**
 * @param source an encoded image or pixels; must not change until the promise settles.
 * @param name what messages call it.
 * @returns RGB bytes `[crop, crop, 3]`.
 * @throws GoogLeNetError `INVALID_IMAGE`. A file that is broken below the crop may pass: the rest of it is not decoded.
 */
export async function augmentImage(
  source: Uint8Array | RawImage,
  name: string,
  random: Xoshiro128,
  how: Augmentation,
  reading: Reading = readReading({}),
): Promise<Uint8Array> {
  const finish = async (image: Sharp, size: Size) => {
    if (typeof how.augment.crop === 'string') checkElongation(name, size, how.resize);
    const { data } = await toRgb(applyParams(image, sampleParams(random, how.augment, size, how), size));
    return data;
  };
  if (!isUint8Array(source)) return withPixels(source, name, (image) => finish(image, source));
  return withEncoded(source, name, reading, async (image) => {
    const size = quickSize(source, reading) ?? (await plainSize(image, reading));
    if (size) return finish(image, size);
    const raw = await pixelsOf(image, source);
    return withPixels(raw, name, (pixels) => finish(pixels, raw));
  });
}

/** Null for anything but plain RGB, which is decoded first: alpha would weigh colors, and 16 bits, gray and CMYK scale otherwise. */
async function plainSize(image: Sharp, { decoding }: Reading): Promise<Size | null> {
  const { width, height, channels, depth, space, format, autoOrient } = await image.metadata();
  if (channels !== 3 || depth !== 'uchar' || space !== 'srgb') return null;
  return turns(decoding, format) ? { height: autoOrient.height, width: autoOrient.width } : { height, width };
}

/** Of a JPEG in color that nothing can say to be turned. */
function quickSize(source: Uint8Array, { decoding }: Reading): Size | null {
  const header = jpegHeader(source);
  if (header === null || header.channels !== 3 || (decoding.autoOrient && header.hasExif)) return null;
  return { height: header.height, width: header.width };
}

const KERNELS = {
  nearest: 'nearest',
  bilinear: 'linear',
  bicubic: 'cubic',
  mitchell: 'mitchell',
  lanczos: 'lanczos3',
} as const satisfies Record<Interpolation, keyof KernelEnum>;

function applyParams(image: Sharp, params: AugmentationParams, size: Size): Sharp {
  const { before, resized, after, interpolation, horizontalFlip, colors } = params;
  // Cutting out first also keeps sharp from having libjpeg average pixels away, of which `nearest` must pick one.
  const whole = { left: 0, top: 0, height: size.height, width: size.width };
  if (before || interpolation === 'nearest') image.extract({ ...(before ?? whole) });
  // Without its "fast" shrinking, sharp leaves at least a factor of two to the filter.
  image.resize({ ...resized, fit: 'fill', kernel: KERNELS[interpolation], fastShrinkOnLoad: false });
  if (horizontalFlip) image.flop();
  // sharp mirrors before it cuts.
  if (after)
    image.extract({ ...after, left: horizontalFlip ? resized.width - after.left - after.width : after.left });
  if (colors === null) return image;
  if (colors.mix) image.recomb(colors.mix as Parameters<Sharp['recomb']>[0]);
  // libvips clips and truncates here, and only here: half a step more rounds.
  return image.linear(colors.scale, colors.offset + 0.5);
}
