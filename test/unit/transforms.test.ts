import { Xoshiro128 } from '../../src/data/sampler.js';
import { preprocess, resizeCrop } from '../../src/data/transforms.js';
import { errorWith } from '../support/errors.js';

function noise(height: number, width: number) {
  const random = Xoshiro128.seeded(BigInt(height * width), 0);
  const data = Uint8Array.from({ length: height * width * 3 }, () => random.below(256));
  return { data, height, width };
}

/** Rows and columns cut out of an image by hand. */
function cut({ data, width }: ReturnType<typeof noise>, top: number, left: number, edge: number): number[] {
  const rows = Array.from({ length: edge }, (_, y) => {
    const start = ((top + y) * width + left) * 3;
    return [...data.subarray(start, start + edge * 3)];
  });
  return rows.flat();
}

describe('The crop', () => {
  test('is cut from the center, where half a pixel goes to the even side as Python rounds', async () => {
    // (13 - 4) / 2 = 4.5 becomes 4; (11 - 4) / 2 = 3.5 becomes 4. The short edge is `resize` already, so no pixel is scaled.
    for (const [height, width, top, left] of [
      [8, 13, 2, 4],
      [8, 11, 2, 4],
      [13, 8, 4, 2],
      [8, 8, 2, 2],
    ] as const) {
      const image = noise(height, width);
      const { data } = await preprocess([image], { resize: 8, crop: 4 });
      expect([...(data as Uint8Array)]).toEqual(cut(image, top, left, 4));
    }
  });

  test('of an even image has that color, whatever the size', async () => {
    for (const [height, width] of [
      [1, 1],
      [28, 28],
      [300, 40],
      [37, 500],
    ] as const) {
      const image = {
        data: new Uint8Array(height * width * 3).map((_, i) => [9, 128, 255][i % 3] ?? 0),
        height,
        width,
      };
      const { data, shape } = await preprocess([image]);
      expect(shape).toEqual([1, 224, 224, 3]);
      expect((data as Uint8Array).every((value, i) => value === [9, 128, 255][i % 3])).toBe(true);
    }
  });
});

test('Images of different sizes make one batch in their order', async () => {
  const images = [noise(40, 30), noise(20, 50), noise(24, 24)];
  const together = await resizeCrop(images, { resize: 24, crop: 16 });
  const size = 16 * 16 * 3;
  for (const [i, image] of images.entries()) {
    const alone = await resizeCrop([image], { resize: 24, crop: 16 });
    expect(Buffer.compare(alone, together.subarray(i * size, (i + 1) * size))).toBe(0);
  }
  expect(await resizeCrop([], { resize: 24, crop: 16 })).toHaveLength(0);
});

test('Memory of the caller’s is filled in place', async () => {
  const output = new Uint8Array(3 * 4 * 4 * 3);
  const filled = await resizeCrop([noise(8, 8)], { resize: 8, crop: 4 }, output.subarray(48, 96));
  expect([...output.subarray(48, 96)]).toEqual([...filled]);
  expect(output.subarray(0, 48).every((value) => value === 0)).toBe(true);
});

describe('What makes no sense is refused', () => {
  const image = noise(4, 4);
  test.each<[string, object, string]>([
    ['a crop larger than the resized image', { resize: 224, crop: 256 }, 'crop'],
    ['no crop', { resize: 224, crop: 0 }, 'crop'],
    ['a fraction', { resize: 224.5, crop: 224 }, 'resize'],
    ['NaN', { resize: Number.NaN, crop: 224 }, 'resize'],
    ['a size of terabytes', { resize: 1e9, crop: 1 }, 'resize'],
    ['a misspelt option', { size: 224 }, 'size'],
  ])('%s', async (_, sizes, mention) => {
    await expect(preprocess([image], sizes)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', mention));
  });

  test('bytes that do not fill the image', async () => {
    const short = { ...image, data: image.data.subarray(1) };
    await expect(preprocess([image, short])).rejects.toMatchObject(
      errorWith('INVALID_SHAPE', 'images[1]', '47'),
    );
  });

  test('numbers that are not bytes', async () => {
    const floats = { ...image, data: new Float32Array(48) as unknown as Uint8Array };
    await expect(preprocess([floats])).rejects.toMatchObject(errorWith('INVALID_DTYPE', 'images[0].data'));
  });

  test('an image without pixels, or none at all', async () => {
    const empty = { data: new Uint8Array(), height: 0, width: 5 };
    await expect(preprocess([empty])).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'height'));
    await expect(preprocess([null as unknown as typeof image])).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT'),
    );
    await expect(preprocess('cat.png' as never)).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'images'),
    );
  });

  test('a strip that would grow to gigabytes', async () => {
    const strip = { data: new Uint8Array(3 * 100_000), height: 1, width: 100_000 };
    await expect(preprocess([strip])).rejects.toMatchObject(errorWith('INVALID_IMAGE', '1 × 100000'));
  });
});
