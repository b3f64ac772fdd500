/** What training does to its images at random: which parts there are, their presets, and what a caller may ask for. */
import { invalid, number, oneOf, readOptions } from '../core/validation.js';

/** Resizing filters. All but `nearest` widen when they shrink an image, so that fine texture does not alias. */
export const INTERPOLATIONS = ['nearest', 'bilinear', 'bicubic', 'mitchell', 'lanczos'] as const;
export type Interpolation = (typeof INTERPOLATIONS)[number];

export type Range = readonly [min: number, max: number];

/** A rectangle with this share of the image's pixels and this ratio of width to height, stretched to the square. */
export interface RandomResizedCrop {
  /** In (0, 1], uniform. */
  readonly scale: Range;
  /** Uniform on a logarithmic scale. */
  readonly ratio: Range;
}

export interface AugmentOptions {
  /**
   * - `center`: short edge to `resize`, then the central square.
   * - `random`: short edge to `resize`, then a square from anywhere.
   * - {@link RandomResizedCrop}: a rectangle from anywhere in the image as it is; `resize` plays no part.
   */
  readonly crop: 'center' | 'random' | RandomResizedCrop;
  /** `random` draws one for each image. */
  readonly interpolation: Interpolation | 'random';
  /** How probable it is that left and right are exchanged. */
  readonly horizontalFlip: number;
  /** Colors are multiplied by a number of this range. */
  readonly brightness: Range;
  /** Their distance from mid-gray is multiplied. */
  readonly contrast: Range;
  /** Their distance from the gray of the same luma is multiplied. */
  readonly saturation: Range;
  /** By how many turns of the color circle they are rotated, in [-0.5, 0.5]. */
  readonly hue: Range;
}

/** A single number `s` is short for [1 - s, 1 + s], at `hue` for [-s, s]. */
type Strength = number | Range;
type Distortion = 'brightness' | 'contrast' | 'saturation' | 'hue';

/** Parts of {@link AugmentOptions}; what is left out stays off. */
export type AugmentParts = Partial<
  Omit<AugmentOptions, Distortion | 'crop'> & {
    crop: 'center' | 'random' | Partial<RandomResizedCrop>;
  } & Record<Distortion, Strength>
>;

/**
 * - `none`: short edge to `resize` and the central crop, equal to torchvision's evaluation preprocessing.
 * - `plain`: a square from anywhere and flips, as AlexNet and VGG were trained.
 * - `paper`: section 6 of the GoogLeNet paper: 8 to 100 % of the area at aspects of 3/4 to 4/3, interpolations at random, and
 *   photometric distortions as strong as Howard's (2013), with the hue of SSD (2016).
 */
export type Augment = 'none' | 'plain' | 'paper' | AugmentParts;

const NONE: AugmentOptions = {
  crop: 'center',
  interpolation: 'bilinear',
  horizontalFlip: 0,
  brightness: [1, 1],
  contrast: [1, 1],
  saturation: [1, 1],
  hue: [0, 0],
};
const PAPER_CROP: RandomResizedCrop = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] };

const PRESETS: Readonly<Record<'none' | 'plain' | 'paper', AugmentOptions>> = {
  none: NONE,
  plain: { ...NONE, crop: 'random', horizontalFlip: 0.5 },
  paper: {
    crop: PAPER_CROP,
    interpolation: 'random',
    horizontalFlip: 0.5,
    brightness: [0.5, 1.5],
    contrast: [0.5, 1.5],
    saturation: [0.5, 1.5],
    hue: [-0.05, 0.05],
  },
};

const PARTS = [
  'crop',
  'interpolation',
  'horizontalFlip',
  'brightness',
  'contrast',
  'saturation',
  'hue',
] as const;
const KINDS = "'none', 'plain', 'paper' or an object of parts";

/** Every part spelt out, so that equal augmentations are equal objects. @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readAugment(value: unknown): AugmentOptions {
  if (typeof value === 'string') {
    if (!Object.hasOwn(PRESETS, value)) throw invalid('augment', KINDS, value);
    return structuredClone(PRESETS[value as keyof typeof PRESETS]);
  }
  if (typeof value !== 'object' || value === null) throw invalid('augment', KINDS, value);
  const parts = readOptions('augment', value, PARTS);
  const factor = { min: 0, max: 10 };
  return {
    crop: readCrop(parts.crop ?? NONE.crop),
    interpolation: oneOf('augment.interpolation', parts.interpolation ?? NONE.interpolation, [
      ...INTERPOLATIONS,
      'random',
    ]),
    horizontalFlip: number('augment.horizontalFlip', parts.horizontalFlip ?? 0, { min: 0, max: 1 }),
    brightness: readStrength('augment.brightness', parts.brightness ?? 0, 1, factor),
    contrast: readStrength('augment.contrast', parts.contrast ?? 0, 1, factor),
    saturation: readStrength('augment.saturation', parts.saturation ?? 0, 1, factor),
    hue: readStrength('augment.hue', parts.hue ?? 0, 0, { min: -0.5, max: 0.5 }),
  };
}

function readCrop(value: unknown): AugmentOptions['crop'] {
  if (typeof value !== 'object')
    return oneOf<'center' | 'random'>('augment.crop', value, ['center', 'random']);
  const { scale, ratio } = readOptions('augment.crop', value, ['scale', 'ratio']);
  return {
    scale: readRange('augment.crop.scale', scale ?? PAPER_CROP.scale, { min: 0, max: 1, above: true }),
    ratio: readRange('augment.crop.ratio', ratio ?? PAPER_CROP.ratio, { min: 0.01, max: 100 }),
  };
}

interface Bounds {
  min: number;
  max: number;
  above?: boolean;
}

/** @param neutral what changes nothing: a single number is a distance from it. */
function readStrength(name: string, value: unknown, neutral: number, bounds: Bounds): Range {
  if (typeof value !== 'number') return readRange(name, value, bounds);
  const most = neutral === 0 ? bounds.max : neutral;
  const strength = number(name, value, { min: 0, max: most });
  return [neutral - strength, neutral + strength];
}

function readRange(name: string, options: unknown, bounds: Bounds): Range {
  if (!Array.isArray(options) || options.length !== 2) throw invalid(name, 'a pair [min, max]', options);
  const min = number(`${name}[0]`, options[0], bounds);
  return [min, number(`${name}[1]`, options[1], { min, max: bounds.max })];
}

/** Whether nothing is random: the images are then those of evaluation. */
export const isPlainEvaluation = (augment: AugmentOptions): boolean =>
  PARTS.every((part) => JSON.stringify(augment[part]) === JSON.stringify(NONE[part]));
