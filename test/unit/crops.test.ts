import { scalesOf } from '../../src/data/crops.js';

const sides = { resize: 256, crop: 224 };

test('one crop is the center of the resized image, with torchvision’s rounding', () => {
  expect(scalesOf({ height: 375, width: 500 }, 1, sides)).toEqual([
    { height: 256, width: 341, squares: [{ top: 16, left: 58, size: 224, flipped: false }] },
  ]);
});

test('ten crops are the corners and the center, then their mirror images', () => {
  const [scale] = scalesOf({ height: 300, width: 300 }, 10, sides);
  expect(scale?.squares).toHaveLength(10);
  expect(scale?.squares.map(({ top, left }) => [top, left])).toEqual([
    ...[
      [0, 0],
      [0, 32],
      [32, 0],
      [32, 32],
      [16, 16],
    ],
    // Those of the flipped image, as torchvision takes them.
    ...[
      [0, 32],
      [0, 0],
      [32, 32],
      [32, 0],
      [16, 16],
    ],
  ]);
  expect(scale?.squares.map(({ flipped }) => flipped)).toEqual([
    ...Array(5).fill(false),
    ...Array(5).fill(true),
  ]);
});

test.each([
  ['lying', { height: 375, width: 500 }],
  ['upright', { height: 500, width: 375 }],
  ['square', { height: 10, width: 10 }],
])('144 crops of a %s image are those of the paper, all inside it', (_, image) => {
  const scales = scalesOf(image, 144, sides);
  expect(scales.map(({ height, width }) => Math.min(height, width))).toEqual([256, 288, 320, 352]);
  expect(scales.flatMap(({ squares }) => squares)).toHaveLength(144);
  for (const { height, width, squares } of scales) {
    const shortEdge = Math.min(height, width);
    // Three squares as a whole, and five crops of each, flipped too.
    expect(squares.filter(({ size }) => size === shortEdge)).toHaveLength(6);
    expect(squares.filter(({ size }) => size === 224)).toHaveLength(30);
    for (const { top, left, size } of squares) {
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(top + size).toBeLessThanOrEqual(height);
      expect(left + size).toBeLessThanOrEqual(width);
    }
  }
});
