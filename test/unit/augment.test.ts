import sharp from 'sharp';
import { type Augment, type AugmentOptions, INTERPOLATIONS, readAugment } from '../../src/data/augment.js';
import { augmentImage } from '../../src/data/augment-apply.js';
import { type AugmentationParams, sampleParams } from '../../src/data/augment-params.js';
import type { RawImage } from '../../src/data/dataset.js';
import { Xoshiro128 } from '../../src/data/sampler.js';
import { errorWith } from '../support/errors.js';
import { PALETTE, png, RGBA } from '../support/png.js';

const SIZES = { resize: 256, crop: 224 };
const random = (position = 0) => Xoshiro128.seeded(1n, 0, position);

/** What `count` images of a size would undergo. */
const paramsOf = (
  count: number,
  augment: Augment,
  image = { height: 375, width: 500 },
): AugmentationParams[] =>
  Array.from({ length: count }, (_, i) => sampleParams(random(i), readAugment(augment), image, SIZES));

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('The paper’s crops', () => {
  const boxes = paramsOf(4000, 'paper').map(
    ({ before }) => before as NonNullable<AugmentationParams['before']>,
  );

  test('have 8 to 100 % of the area at aspects of 3/4 to 4/3, and lie in the image', () => {
    for (const { left, top, width, height } of boxes) {
      expect(left >= 0 && top >= 0 && left + width <= 500 && top + height <= 375).toBe(true);
      const share = (width * height) / (500 * 375);
      expect(share > 0.078 && share <= 1).toBe(true);
      expect(width / height > 0.74 && width / height < 1.35).toBe(true);
    }
  });

  test('are spread evenly over positions, small areas and the logarithm of the aspect', () => {
    const areas = boxes.map(({ width, height }) => (width * height) / (500 * 375)).sort((a, b) => a - b);
    // Large ones fit less often, but nothing keeps areas below a half from being drawn evenly.
    const small = areas.filter((area) => area < 0.5);
    expect(Math.abs(mean(small) - 0.29)).toBeLessThan(0.01);
    expect(areas.at(-1)).toBeGreaterThan(0.9);
    const logs = boxes
      .filter((box) => box.width * box.height < 60_000)
      .map((box) => Math.log(box.width / box.height));
    expect(Math.abs(mean(logs))).toBeLessThan(0.02);
    const positions = boxes.filter(({ width }) => width < 400).map(({ left, width }) => left / (500 - width));
    expect(Math.abs(mean(positions) - 0.5)).toBeLessThan(0.02);
    expect([Math.min(...positions), Math.max(...positions)].map(Math.round)).toEqual([0, 1]);
  });

  test('of a strip that no aspect fits are its largest central rectangle', () => {
    for (const { before } of paramsOf(50, 'paper', { height: 10, width: 1000 })) {
      expect(before).toEqual({ left: 493, top: 0, height: 10, width: 13 });
    }
    for (const { before } of paramsOf(50, 'paper', { height: 1000, width: 10 })) {
      expect(before).toEqual({ left: 0, top: 493, height: 13, width: 10 });
    }
    expect(paramsOf(20, 'paper', { height: 1, width: 1 })[0]?.before).toMatchObject({ height: 1, width: 1 });
  });
});

test('Random squares come from anywhere, and flips and interpolations as often as they should', () => {
  const plain = paramsOf(4000, 'plain');
  const lefts = plain.map(({ after }) => after?.left ?? -1);
  expect(plain[0]?.resized).toEqual({ height: 256, width: 341 });
  expect([Math.min(...lefts), Math.max(...lefts)]).toEqual([0, 117]);
  expect(Math.abs(mean(lefts) - 58.5)).toBeLessThan(2);
  expect(plain.every(({ interpolation, colors }) => interpolation === 'bilinear' && !colors)).toBe(true);
  const paper = paramsOf(4000, 'paper');
  for (const all of [plain, paper])
    expect(Math.abs(mean(all.map(({ horizontalFlip }) => +horizontalFlip)) - 0.5)).toBeLessThan(0.03);
  for (const name of INTERPOLATIONS) {
    expect(Math.abs(paper.filter(({ interpolation }) => interpolation === name).length - 800)).toBeLessThan(
      120,
    );
  }
  expect(
    mean(paramsOf(2000, { horizontalFlip: 0.1 }).map(({ horizontalFlip }) => +horizontalFlip)),
  ).toBeCloseTo(0.1, 1);
});

test('Switching a part leaves the draws of the others as they were', () => {
  const whole = paramsOf(20, 'paper');
  const { interpolation: _, ...parts } = readAugment('paper');
  const without = paramsOf(20, { ...parts, interpolation: 'bicubic', horizontalFlip: 0 });
  expect(without.map(({ before, colors }) => ({ before, colors }))).toEqual(
    whole.map(({ before, colors }) => ({ before, colors })),
  );
});

/** Runs without a random crop on an image of the final size, so that only colors and mirroring act. */
async function distort(image: RawImage, augment: Augment, position = 0): Promise<number[]> {
  const sizes = { resize: image.height, crop: image.height };
  return [
    ...(await augmentImage(image, 'it', random(position), { augment: readAugment(augment), ...sizes })),
  ];
}
const pixels = (...colors: number[][]): RawImage => {
  const edge = Math.sqrt(colors.length);
  return { data: Uint8Array.from(colors.flat()), height: edge, width: edge };
};
const COLORS = pixels([10, 20, 30], [200, 100, 50], [128, 128, 128], [0, 250, 125]);
const luma = ([r = 0, g = 0, b = 0]: number[]) => 0.299 * r + 0.587 * g + 0.114 * b;

describe('Colors', () => {
  const of = (map: (value: number) => number) =>
    [...COLORS.data].map((value) => Math.min(255, Math.max(0, Math.round(map(value)))));

  test('are multiplied by the brightness and rounded', async () => {
    expect(await distort(COLORS, { brightness: [1.25, 1.25] })).toEqual(of((v) => v * 1.25 + 1e-9));
    expect(await distort(COLORS, { brightness: [0, 0] })).toEqual(of(() => 0));
  });

  test('move from mid-gray with the contrast', async () => {
    expect(await distort(COLORS, { contrast: [1.5, 1.5] })).toEqual(
      of((v) => 127.5 + (v - 127.5) * 1.5 + 1e-9),
    );
  });

  test('are scaled and moved in an order that is drawn', async () => {
    const both = { brightness: [0.5, 0.5], contrast: [0.5, 0.5] } as const;
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) seen.add(String(await distort(COLORS, both, i)));
    const contrastFirst = of((v) => (127.5 + (v - 127.5) / 2) / 2 + 1e-9);
    const brightnessFirst = of((v) => 127.5 + (v / 2 - 127.5) / 2 + 1e-9);
    expect(seen).toEqual(new Set([String(contrastFirst), String(brightnessFirst)]));
  });

  test('lose their saturation to the gray of the same luma', async () => {
    const gray = await distort(COLORS, { saturation: [0, 0] });
    for (let i = 0; i < 4; i++) {
      const expected = luma([...COLORS.data.subarray(i * 3, i * 3 + 3)]);
      for (const value of gray.slice(i * 3, i * 3 + 3)) expect(Math.abs(value - expected)).toBeLessThan(0.7);
    }
  });

  test('turn around the gray axis: luma and grays stay, red turns to green, a half turn and back is nothing', async () => {
    const muted = pixels([140, 110, 110], [128, 128, 128], [10, 10, 10], [255, 255, 255]);
    const turned = await distort(muted, { hue: [1 / 3, 1 / 3] });
    expect(turned.slice(3)).toEqual([...muted.data.subarray(3)]);
    expect(Math.abs(luma(turned) - luma([140, 110, 110]))).toBeLessThan(1);
    expect(Math.max(...turned.slice(0, 3))).toBe(turned[1]);
    const half = (data: number[]) => distort({ ...muted, data: Uint8Array.from(data) }, { hue: [0.5, 0.5] });
    const back = await half(await half([...muted.data]));
    back.forEach((value, i) => {
      expect(Math.abs(value - (muted.data[i] ?? 0))).toBeLessThanOrEqual(1);
    });
  });

  test('stay as they are where everything is off', async () => {
    expect(await distort(COLORS, { horizontalFlip: 0 })).toEqual([...COLORS.data]);
    expect(await distort(COLORS, { saturation: [1, 1], hue: 0 })).toEqual([...COLORS.data]);
  });
});

test('Flipping mirrors the same crop', async () => {
  const noise = Xoshiro128.seeded(5n, 5);
  const image = { data: new Uint8Array(20 * 30 * 3).map(() => noise.below(256)), height: 20, width: 30 };
  for (const crop of ['random', 'center', { scale: [0.3, 0.6] }] as const) {
    const run = (flip: number) =>
      augmentImage(image, 'it', random(3), {
        augment: readAugment({ crop, horizontalFlip: flip }),
        resize: 20,
        crop: 10,
      });
    const [straight, flipped] = [await run(0), await run(1)];
    for (let y = 0; y < 10; y++) {
      for (let x = 0; x < 10; x++) {
        const [a, b] = [(y * 10 + x) * 3, (y * 10 + 9 - x) * 3];
        expect([...flipped.subarray(b, b + 3)]).toEqual([...straight.subarray(a, a + 3)]);
      }
    }
  }
});

test('The nearest pixel is one of the image, also in a photograph that libjpeg could shrink', async () => {
  const checks = Buffer.alloc(512 * 512 * 3).map((_, i) =>
    (Math.floor(i / 3) + Math.floor(i / 1536)) % 2 ? 255 : 0,
  );
  const jpeg = await sharp(checks, { raw: { width: 512, height: 512, channels: 3 } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const run = async (interpolation: 'nearest' | 'bilinear') =>
    augmentImage(jpeg, 'it', random(), {
      augment: readAugment({ interpolation, horizontalFlip: 1 }),
      resize: 64,
      crop: 64,
    });
  for (const value of await run('nearest')) expect(Math.min(value, 255 - value)).toBeLessThan(5);
  for (const value of await run('bilinear')) expect(Math.abs(value - 128)).toBeLessThan(20);
});

describe('An encoded image gives what its pixels give', () => {
  const looked = [10, 20, 30, 200, 60, 50, 70, 80, 90, 255, 0, 255];
  const paper = { augment: readAugment('paper'), resize: 8, crop: 6 };
  const alpha = Buffer.from([10, 20, 30, 0, 200, 60, 50, 128, 70, 80, 90, 255, 255, 0, 255, 1]);
  const large = { data: Uint8Array.from(Array(8).fill(looked).flat()), height: 8, width: 4 };

  test.each<[string, Buffer]>([
    ['RGB', png({ width: 4, height: 8, depth: 8, color: 2, rows: Array(8).fill(Uint8Array.from(looked)) })],
    [
      'with alpha, which does not weigh',
      png({ width: 4, height: 8, depth: 8, color: RGBA, rows: Array(8).fill(alpha) }),
    ],
    [
      'of 16 bits',
      png({
        width: 4,
        height: 8,
        depth: 16,
        color: 2,
        rows: Array(8).fill(Buffer.from(looked.flatMap((v) => [v, 9]))),
      }),
    ],
    [
      'with a palette',
      png({
        ...{ width: 4, height: 8, depth: 8, color: PALETTE, rows: Array(8).fill(Buffer.from([0, 1, 2, 3])) },
        chunks: [['PLTE', Uint8Array.from(looked)]],
      }),
    ],
  ])('%s', async (_, file) => {
    for (let i = 0; i < 10; i++) {
      const expected = await augmentImage(large, 'it', random(i), paper);
      expect([...(await augmentImage(file, 'it', random(i), paper))]).toEqual([...expected]);
    }
  });
});

test('A broken file is INVALID_IMAGE with its name', async () => {
  const how = { augment: readAugment('plain'), resize: 8, crop: 6 };
  const run = (file: Uint8Array) => augmentImage(file, 'cat.jpg', random(), how);
  await expect(run(Buffer.from('text'))).rejects.toMatchObject(errorWith('INVALID_IMAGE', 'cat.jpg'));
  await expect(run(Buffer.from('\xff\xd8\xff', 'latin1'))).rejects.toMatchObject(
    errorWith('INVALID_IMAGE', 'cat.jpg'),
  );
  const strip = { data: new Uint8Array(300_000), height: 1, width: 100_000 };
  const wide = augmentImage(strip, 'strip', random(), { ...how, ...SIZES });
  await expect(wide).rejects.toMatchObject(errorWith('INVALID_IMAGE', 'strip', 'elongated'));
});

describe('What is asked for', () => {
  test('is spelt out, so that equal augmentations are equal', () => {
    expect(readAugment({})).toEqual(readAugment('none'));
    expect(readAugment({ crop: 'random', horizontalFlip: 0.5 })).toEqual(readAugment('plain'));
    const paper: Augment = {
      crop: {},
      interpolation: 'random',
      horizontalFlip: 0.5,
      brightness: 0.5,
      contrast: 0.5,
    };
    expect(readAugment({ ...paper, saturation: [0.5, 1.5], hue: 0.05 })).toEqual(readAugment('paper'));
    expect(readAugment(readAugment('paper'))).toEqual(readAugment('paper'));
  });

  test.each<[unknown, string]>([
    ['papper', 'augment'],
    [7, 'augment'],
    [null, 'augment'],
    [[], 'augment'],
    [{ flop: 1 }, 'flop'],
    [{ crop: 'middle' }, 'augment.crop'],
    [{ crop: { scale: [0, 1] } }, 'augment.crop.scale[0]'],
    [{ crop: { scale: [0.5, 0.2] } }, 'augment.crop.scale[1]'],
    [{ crop: { scale: [0.5, 1.1] } }, 'augment.crop.scale[1]'],
    [{ crop: { ratio: 1 } }, 'augment.crop.ratio'],
    [{ crop: { ratio: [0, 1] } }, 'augment.crop.ratio[0]'],
    [{ crop: { aspect: [1, 1] } }, 'aspect'],
    [{ interpolation: 'area' }, 'augment.interpolation'],
    [{ horizontalFlip: 1.5 }, 'augment.horizontalFlip'],
    [{ horizontalFlip: Number.NaN }, 'augment.horizontalFlip'],
    [{ brightness: 1.5 }, 'augment.brightness'],
    [{ brightness: [-1, 1] }, 'augment.brightness[0]'],
    [{ contrast: '0.5' }, 'augment.contrast'],
    [{ saturation: [1] }, 'augment.saturation'],
    [{ hue: 0.6 }, 'augment.hue'],
    [{ hue: [-0.6, 0] }, 'augment.hue[0]'],
  ])('%j is refused', (given, mention) => {
    expect(() => readAugment(given)).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', mention)));
  });
});

test('Options that are given are not kept: a caller may change them', () => {
  const crop = { scale: [0.2, 0.4] as [number, number] };
  const read: AugmentOptions = readAugment({ crop });
  crop.scale[0] = 9;
  expect(read.crop).toMatchObject({ scale: [0.2, 0.4] });
});
