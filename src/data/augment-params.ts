/** From random numbers to what is done to one image. */
import {
  type AugmentOptions,
  INTERPOLATIONS,
  type Interpolation,
  type RandomResizedCrop,
} from './augment.js';
import type { Xoshiro128 } from './sampler.js';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** In pixels. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** What every color (r, g, b) of 0 … 255 becomes: `scale` · `mix` · color + `offset`. */
export interface ColorMap {
  readonly scale: number;
  readonly offset: number;
  /** Rows add up to 1, so grays stay as they are; null where nothing is mixed. */
  readonly mix: readonly (readonly number[])[] | null;
}

export interface AugmentationParams {
  /** What is cut out before resizing; null for all. */
  readonly before: Box | null;
  readonly resized: Size;
  /** What is cut out afterwards; null for all. */
  readonly after: Box | null;
  readonly interpolation: Interpolation;
  readonly horizontalFlip: boolean;
  readonly colors: ColorMap | null;
}

/** @param image its size as it is. @param resize, crop see `DataLoaderOptions`. */
export function sampleParams(
  random: Xoshiro128,
  augment: AugmentOptions,
  image: Size,
  { resize, crop }: { resize: number; crop: number },
): AugmentationParams {
  // Everything is drawn whether it is on or not, the crop last: switching a part leaves the others as they were.
  const horizontalFlip = random.uniform() < augment.horizontalFlip;
  const drawn = INTERPOLATIONS[random.below(INTERPOLATIONS.length)] as Interpolation;
  const interpolation = augment.interpolation === 'random' ? drawn : augment.interpolation;
  const colors = sampleColorMap(random, augment);
  if (typeof augment.crop === 'object') {
    const resized = { height: crop, width: crop };
    return {
      before: sampleCropBox(random, augment.crop, image),
      resized,
      after: null,
      interpolation,
      horizontalFlip,
      colors,
    };
  }
  const resized = shortEdgeTo(resize, image);
  const after = augment.crop === 'center' ? center(resized, crop) : anywhere(random, resized, crop);
  return { before: null, resized, after, interpolation, horizontalFlip, colors };
}

/** The long edge is truncated, as in torchvision. */
function shortEdgeTo(resize: number, { height, width }: Size): Size {
  const long = Math.floor((resize * Math.max(height, width)) / Math.min(height, width));
  return height <= width ? { height: resize, width: long } : { height: long, width: resize };
}

const center = ({ height, width }: Size, edge: number): Box => ({
  left: Math.floor((width - edge) / 2),
  top: Math.floor((height - edge) / 2),
  height: edge,
  width: edge,
});

const anywhere = (random: Xoshiro128, { height, width }: Size, edge: number): Box => ({
  left: random.below(width - edge + 1),
  top: random.below(height - edge + 1),
  height: edge,
  width: edge,
});

/** As torchvision's `RandomResizedCrop` does: ten tries to fit, then the largest central rectangle of an allowed aspect. */
function sampleCropBox(
  random: Xoshiro128,
  { scale, ratio }: RandomResizedCrop,
  { height, width }: Size,
): Box {
  for (let attempt = 0; attempt < 10; attempt++) {
    const pixels = height * width * random.uniform(...scale);
    const aspectRatio = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const box = {
      height: Math.round(Math.sqrt(pixels / aspectRatio)),
      width: Math.round(Math.sqrt(pixels * aspectRatio)),
    };
    if (box.height < 1 || box.width < 1 || box.height > height || box.width > width) continue;
    return {
      ...box,
      left: random.below(width - box.width + 1),
      top: random.below(height - box.height + 1),
    };
  }
  const aspectRatio = Math.min(Math.max(width / height, ratio[0]), ratio[1]);
  const box = {
    height: Math.max(1, Math.min(height, Math.round(width / aspectRatio))),
    width: Math.max(1, Math.min(width, Math.round(height * aspectRatio))),
  };
  return { ...box, left: Math.floor((width - box.width) / 2), top: Math.floor((height - box.height) / 2) };
}

const MID_GRAY = 127.5;

/**
 * Brightness and contrast scale and shift a color, saturation and hue mix its channels without touching grays, so the four in any
 * order are one linear map, in which only the order of the first two matters. Values are clipped once, at its end.
 */
function sampleColorMap(random: Xoshiro128, augment: AugmentOptions): ColorMap | null {
  const brightness = random.uniform(...augment.brightness);
  const contrast = random.uniform(...augment.contrast);
  const saturation = random.uniform(...augment.saturation);
  const hue = random.uniform(...augment.hue);
  const contrastFirst = random.below(2) === 0;

  const mix = saturation === 1 && hue === 0 ? null : chromaMatrix(saturation, 2 * Math.PI * hue);
  if (mix === null && brightness === 1 && contrast === 1) return null;
  const shift = (1 - contrast) * MID_GRAY;
  return { scale: brightness * contrast, offset: contrastFirst ? shift * brightness : shift, mix };
}

/** Rows: luma and the two chroma axes of YIQ (the NTSC color space), of RGB. */
const YIQ = [
  [0.299, 0.587, 0.114],
  [0.5959, -0.2746, -0.3213],
  [0.2115, -0.5227, 0.3112],
] as const;
/** The inverse, without its first column, which is all ones. */
const RGB_OF_IQ = [
  [0.956, 0.619],
  [-0.272, -0.647],
  [-1.106, 1.703],
] as const;

/** Leaves luma and turns chroma in its plane, from red towards green: hue as a linear map. */
function chromaMatrix(saturation: number, radians: number): number[][] {
  const [y, i, q] = YIQ;
  const [cos, sin] = [saturation * Math.cos(radians), saturation * Math.sin(radians)];
  return RGB_OF_IQ.map(([ofI, ofQ]) =>
    y.map((luma, k) => {
      const [inI, inQ] = [i[k] as number, q[k] as number];
      return luma + ofI * (cos * inI + sin * inQ) + ofQ * (cos * inQ - sin * inI);
    }),
  );
}
