/** Multi-crop evaluation: the crops of an image whose predictions are averaged. */
import { GoogLeNetError } from '../core/errors.js';
import { allocate } from '../core/staging-buffer.js';
import { call } from '../native/call.js';
import { loadAddon } from '../native/load.js';
import type { RawImage } from './dataset.js';
import { checkImage, copyImage } from './transforms.js';

/**
 * 1: the center, as for the published accuracies. 10: corners and center of the image and of its mirror image, as torchvision's `TenCrop`. 144: the
 * paper's, from four sizes, three squares of each, and six crops of a square, flipped too.
 */
export type Crops = 1 | 10 | 144;

/** A square of a resized image, flipped left to right afterwards where it says so. */
export interface Square {
  top: number;
  left: number;
  size: number;
  flipped: boolean;
}

/** Squares of the image at one size. */
export interface Scale {
  height: number;
  width: number;
  squares: Square[];
}

const SHORT_EDGES = [256, 288, 320, 352];

/** @throws GoogLeNetError `INVALID_ARGUMENT` for crops that the paper's smallest images do not hold. */
export function assertCrops(crops: Crops, crop: number): void {
  const smallest = Math.min(...SHORT_EDGES);
  if (crops !== 144 || crop <= smallest) return;
  const message = `144 crops are cut from images of ${SHORT_EDGES.join(', ')} pixels, so crop must be at most ${smallest}; it is ${crop}.`;
  throw new GoogLeNetError('INVALID_ARGUMENT', message);
}

/** The long edge is truncated, as in torchvision. */
function sizeOf(height: number, width: number, shortEdge: number): { height: number; width: number } {
  return height <= width
    ? { height: shortEdge, width: Math.floor((shortEdge * width) / height) }
    : { height: Math.floor((shortEdge * height) / width), width: shortEdge };
}

/** Half of the room, rounded as Python's `round`: halves to the even neighbour. */
function middle(size: number, part: number): number {
  const room = size - part;
  if (room % 2 === 0) return room / 2;
  const below = (room - 1) / 2;
  return below % 2 === 0 ? below : below + 1;
}

/** And the same squares of the flipped image. */
const withFlipped = (squares: readonly Omit<Square, 'flipped'>[], width: number): Square[] => [
  ...squares.map((square) => ({ ...square, flipped: false })),
  ...squares.map((square) => ({ ...square, left: width - square.size - square.left, flipped: true })),
];

/** Four corners and the center of a part of the image. */
function fiveOf(top: number, left: number, height: number, width: number, size: number) {
  const [bottom, right] = [top + height - size, left + width - size];
  return [
    { top, left, size },
    { top, left: right, size },
    { top: bottom, left, size },
    { top: bottom, left: right, size },
    { top: top + middle(height, size), left: left + middle(width, size), size },
  ];
}

/** @param sizes of the resized short edge (1 and 10 crops) and of the crops. */
export function scalesOf(
  image: { height: number; width: number },
  crops: Crops,
  { resize, crop }: { resize: number; crop: number },
): Scale[] {
  if (crops === 144) return SHORT_EDGES.map((edge) => paperScale(image, edge, crop));
  const size = sizeOf(image.height, image.width, resize);
  if (crops === 10) {
    return [{ ...size, squares: withFlipped(fiveOf(0, 0, size.height, size.width, crop), size.width) }];
  }
  const center = { top: middle(size.height, crop), left: middle(size.width, crop), size: crop };
  return [{ ...size, squares: [{ ...center, flipped: false }] }];
}

/** The left, middle and right square (upper, middle, lower of an upright image), and of each five crops and itself. */
function paperScale(image: { height: number; width: number }, edge: number, crop: number): Scale {
  const size = sizeOf(image.height, image.width, edge);
  const room = Math.max(size.height, size.width) - edge;
  const starts = [0, middle(room + edge, edge), room];
  const regions = starts.map((start) =>
    size.height < size.width ? { top: 0, left: start } : { top: start, left: 0 },
  );
  const squares = regions.flatMap(({ top, left }) => [
    ...fiveOf(top, left, edge, edge, crop),
    { top, left, size: edge },
  ]);
  return { ...size, squares: withFlipped(squares, size.width) };
}

/**
 * All crops of an image as bytes `[crops, crop, crop, 3]`.
 * @throws GoogLeNetError `INVALID_IMAGE` for images too long to resize; `INVALID_SHAPE`, `INVALID_DTYPE`
 */
export async function multiCrop(
  name: string,
  value: RawImage,
  crops: Crops,
  sides: { resize: number; crop: number },
): Promise<Uint8Array> {
  const largest = crops === 144 ? Math.max(...SHORT_EDGES) : sides.resize;
  const image = await copyImage(checkImage(name, value, largest));
  const { crop } = sides;
  const parts: Uint8Array[] = [];
  for (const { height, width, squares } of scalesOf(image, crops, sides)) {
    const output = allocate(squares.length * crop * crop * 3);
    await call(() => loadAddon().multiCrop({ images: [image], height, width, squares, crop, output }));
    parts.push(output);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}
