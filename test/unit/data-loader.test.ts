import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { GoogLeNetError } from '../../src/core/errors.js';
import { ArrayDataset } from '../../src/data/array-dataset.js';
import { type Batch, batches } from '../../src/data/batches.js';
import { DataLoader, type DataLoaderOptions } from '../../src/data/data-loader.js';
import type { Dataset } from '../../src/data/dataset.js';
import { ImageFolder } from '../../src/data/image-folder.js';
import { epochIndices } from '../../src/data/sampler.js';
import { fromIterable } from '../../src/data/stream-dataset.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SAMPLE = resolve(__dirname, '../../scripts/sample/fashion-mnist/test');
const SMALL = { resize: 12, crop: 8 };

/** Two rows of two pixels, all of the image's number. */
function numbered(length: number): Dataset {
  const data = new Uint8Array(length * 12).map((_, i) => Math.floor(i / 12));
  const labels = Array.from({ length }, (_, i) => i % 2);
  return new ArrayDataset({ images: { data, shape: [length, 2, 2, 3] }, labels, classes: ['even', 'odd'] });
}

async function collect(iterable: AsyncIterable<Batch>): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of iterable) found.push(batch);
  return found;
}
const indices = (found: Batch[]) => found.map((batch) => [...batch.indices]);
const epochOf = (source: Dataset, options: DataLoaderOptions, epoch = 0, start = 0) =>
  collect(new DataLoader(source, options).epoch(epoch, { start }));

describe('The batches of an epoch', () => {
  test('are the same bytes every time and from any step on, and others in another epoch, with another seed', async () => {
    const folder = await ImageFolder.open(SAMPLE);
    const options = { batchSize: 48, resize: 32, crop: 24, augment: 'paper', seed: 2n ** 63n } as const;
    const whole = await epochOf(folder, options, 3);
    // Jest's own comparison of a million bytes takes seconds.
    expect(isDeepStrictEqual(await epochOf(folder, { ...options, prefetch: 0 }, 3), whole)).toBe(true);
    expect(isDeepStrictEqual(await epochOf(folder, options, 3, 2), whole.slice(2))).toBe(true);
    expect(whole.map(({ labels }) => labels.length)).toEqual([48, 48, 48, 48, 8]);
    expect([...whole.flatMap(({ indices }) => [...indices])].sort((a, b) => a - b)).toEqual([
      ...epochIndices(folder.length, { seed: 0, epoch: 0, shuffle: false }),
    ]);
    expect(isDeepStrictEqual(await epochOf(folder, options, 4), whole)).toBe(false);
    expect(isDeepStrictEqual(await epochOf(folder, { ...options, seed: 1 }, 3), whole)).toBe(false);
  });

  test('without augmentation are those of batches() in the order of the epoch', async () => {
    const folder = await ImageFolder.open(SAMPLE);
    const options = { batchSize: 64, resize: 32, crop: 28 };
    const order = epochIndices(folder.length, { seed: 7, epoch: 2, shuffle: true });
    const found = await epochOf(folder, { ...options, seed: 7 }, 2);
    expect(isDeepStrictEqual(found, await collect(batches(folder, { ...options, indices: order })))).toBe(
      true,
    );
    expect(isDeepStrictEqual(await epochOf(folder, { ...options, seed: 7, augment: {} }, 2), found)).toBe(
      true,
    );
  });

  test('augment each image by its place in the epoch', async () => {
    const noise = epochIndices(256, { seed: 0, epoch: 0, shuffle: true });
    const image = {
      data: Uint8Array.from({ length: 768 }, (_, i) => noise[i % 256] ?? 0),
      height: 16,
      width: 16,
    };
    const same = new ArrayDataset({ images: [image, image], labels: [0, 0], classes: ['a'] });
    const augment = { crop: 'random' } as const;
    const options = { ...SMALL, batchSize: 2, shuffle: false, augment, resize: 16 };
    const [batch] = await epochOf(same, options);
    const data = Buffer.from(batch?.images.data as Uint8Array);
    expect(data.subarray(0, 192).equals(data.subarray(192))).toBe(false);
    expect(isDeepStrictEqual(await epochOf(same, options, 1), [batch])).toBe(false);
  });

  test('need no reading of what is skipped', async () => {
    const read: number[] = [];
    const inner = numbered(20);
    const dataset: Dataset = {
      ...{ length: 20, classes: inner.classes, label: (i) => inner.label(i) },
      image: async (index) => {
        read.push(index);
        return inner.image(index);
      },
    };
    const loader = new DataLoader(dataset, { ...SMALL, batchSize: 4, seed: 5 });
    await collect(loader.epoch(1, { start: 3 }));
    const order = epochIndices(20, { seed: 5, epoch: 1, shuffle: true });
    expect(read).toEqual([...order.slice(12)]);
    expect(await collect(loader.epoch(1, { start: 5 }))).toEqual([]);
  });
});

test('The plan holds everything that fixes the batches, as JSON', () => {
  const loader = new DataLoader(numbered(10), {
    batchSize: 4,
    seed: 2n ** 64n - 1n,
    augment: 'plain',
    prefetch: 5,
  });
  expect(JSON.parse(JSON.stringify(loader.plan))).toEqual({
    ...{ seed: '18446744073709551615', batchSize: 4, length: 10, shuffle: true, shuffleBuffer: null },
    ...{ dropLast: false, resize: 256, crop: 224, shard: { rank: 0, worldSize: 1 } },
    augment: {
      ...{ crop: 'random', interpolation: 'bilinear', horizontalFlip: 0.5 },
      ...{ brightness: [1, 1], contrast: [1, 1], saturation: [1, 1], hue: [0, 0] },
    },
  });
  expect([loader.length, loader.stepsPerEpoch]).toEqual([10, 3]);
  const dropping = new DataLoader(numbered(10), { batchSize: 4, dropLast: true });
  expect([dropping.length, dropping.stepsPerEpoch]).toEqual([8, 2]);
});

describe('Shards', () => {
  const shards = (length: number, of: number, more: Partial<DataLoaderOptions> = {}) =>
    Promise.all(
      Array.from({ length: of }, async (_, rank) => {
        const loader = new DataLoader(numbered(length), {
          ...SMALL,
          batchSize: 2,
          ...more,
          shard: { rank, worldSize: of },
        });
        const found = await collect(loader.epoch(1));
        expect(found).toHaveLength(loader.stepsPerEpoch ?? -1);
        expect(found.flatMap(({ labels }) => [...labels])).toHaveLength(loader.length ?? -1);
        return indices(found).flat();
      }),
    );
  const order = [...epochIndices(11, { seed: 0, epoch: 1, shuffle: true })];

  test('take turns in one order, which begins again where it does not come out even', async () => {
    expect(await shards(11, 3)).toEqual(
      [0, 1, 2].map((rank) => [...order, order[0]].filter((_, i) => i % 3 === rank)),
    );
    expect((await shards(12, 4)).flat().sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, i) => i),
    );
    expect(await shards(2, 5, { shuffle: false })).toEqual([[0], [1], [0], [1], [0]]);
  });

  test('leave out the incomplete last round with dropLast', async () => {
    const expected = [0, 1, 2].map((rank) => order.slice(0, 9).filter((_, i) => i % 3 === rank));
    expect(await shards(11, 3, { dropLast: true, batchSize: 3 })).toEqual(expected);
    expect(await shards(11, 3, { dropLast: true })).toEqual(expected.map((all) => all.slice(0, 2)));
  });

  test('augment images as one loader would at the same place', async () => {
    const options = { resize: 12, crop: 8, batchSize: 1, augment: 'paper' } as const;
    const whole = await epochOf(numbered(6), options);
    const second = await epochOf(numbered(6), { ...options, shard: { rank: 1, worldSize: 2 } });
    expect(isDeepStrictEqual(second, [whole[1], whole[3], whole[5]])).toBe(true);
  });
});

const at = temporaryFolder();

describe('Images that cannot be read', () => {
  async function folderWithBroken(): Promise<ImageFolder> {
    await mkdir(at('bag'));
    for (const name of ['a', 'c', 'd', 'e'])
      await copyFile(join(SAMPLE, '8-bag/000.png'), at('bag', `${name}.png`));
    await writeFile(at('bag/b.png'), 'not an image');
    const folder = await ImageFolder.open(at(), { checkFormats: false });
    await rm(at('bag/e.png'));
    return folder;
  }
  const options = { ...SMALL, batchSize: 3, shuffle: false } as const;

  test.each(['none', 'plain'] as const)(
    'are left out and named where that is asked for (%s)',
    async (augment) => {
      const folder = await folderWithBroken();
      const [first, second, ...more] = await epochOf(folder, { ...options, augment, onDecodeError: 'skip' });
      expect(more).toEqual([]);
      expect(first?.skipped).toEqual([
        { index: 1, name: at('bag/b.png'), reason: expect.stringContaining(at('bag/b.png')) },
      ]);
      expect([...(first?.indices ?? [])]).toEqual([0, 2]);
      expect([...(first?.labels ?? [])]).toEqual([0, 0]);
      expect(first?.images.shape).toEqual([2, 8, 8, 3]);
      expect(first?.images.data).toHaveLength(384);
      expect(second?.skipped).toMatchObject([
        { index: 4, reason: expect.stringContaining('does not exist') },
      ]);
      // The image behind the gap is the one it should be.
      const order = Uint32Array.of(0, 2);
      if (augment === 'none') {
        const [expected] = await collect(batches(folder, { ...SMALL, indices: order, batchSize: 2 }));
        expect(isDeepStrictEqual(expected?.images, first?.images)).toBe(true);
      }
    },
  );

  test('may be all of a batch, which is then empty', async () => {
    await mkdir(at('bag'));
    for (const name of ['a', 'b', 'c']) await writeFile(at('bag', `${name}.png`), name);
    const found = await epochOf(await ImageFolder.open(at(), { checkFormats: false }), {
      ...options,
      batchSize: 2,
      onDecodeError: 'skip',
    });
    expect(found.map(({ images }) => images.shape)).toEqual([
      [0, 8, 8, 3],
      [0, 8, 8, 3],
    ]);
    expect(
      found.map(({ skipped, labels, indices }) => [skipped.length, labels.length, indices.length]),
    ).toEqual([
      [2, 0, 0],
      [1, 0, 0],
    ]);
  });

  test('end the loop by default, in their order', async () => {
    const folder = await folderWithBroken();
    await expect(epochOf(folder, options)).rejects.toMatchObject(errorWith('INVALID_IMAGE', at('bag/b.png')));
  });

  test('are left out by batches() too', async () => {
    const order = Uint32Array.of(1, 0);
    const folder = await folderWithBroken();
    const [batch] = await collect(
      batches(folder, { ...SMALL, indices: order, batchSize: 2, onDecodeError: 'skip' }),
    );
    expect([batch?.skipped.length, ...(batch?.indices ?? [])]).toEqual([1, 0]);
  });

  test('are not mistaken for mistakes of the program, which always end the loop', async () => {
    const failing = (error: unknown): Dataset => ({
      ...{ length: 2, classes: ['a'], label: () => 0, image: async () => Promise.reject(error) },
    });
    const skip = { ...options, onDecodeError: 'skip' } as const;
    await expect(epochOf(failing(new TypeError('mine')), skip)).rejects.toThrow('mine');
    const [batch] = await epochOf(failing(new GoogLeNetError('INVALID_IMAGE', 'lost')), skip);
    expect(batch?.skipped.map(({ name, reason }) => [name, reason])).toEqual([
      ['image 0', 'lost'],
      ['image 1', 'lost'],
    ]);
    const badLabel = { ...numbered(2), length: 2, classes: ['a'], label: () => 9, image: numbered(2).image };
    await expect(epochOf(badLabel, skip)).rejects.toMatchObject(errorWith('INVALID_LABEL', 'image 0'));
  });
});

describe('Encoded bytes of a dataset', () => {
  const dataset = (encoded: () => Promise<Uint8Array>): Dataset => ({
    ...{
      length: 1,
      classes: ['a'],
      label: () => 0,
      image: () => Promise.reject(new Error('not asked for')),
      encoded,
    },
  });
  test('are used instead of its images, and named when they are broken', async () => {
    const broken = epochOf(
      dataset(async () => Buffer.from('text')),
      { ...SMALL, batchSize: 1 },
    );
    await expect(broken).rejects.toMatchObject(errorWith('INVALID_IMAGE', 'image 0'));
    const nonsense = epochOf(
      dataset(async () => 'text' as unknown as Uint8Array),
      { ...SMALL, batchSize: 1 },
    );
    await expect(nonsense).rejects.toMatchObject(errorWith('INVALID_DTYPE', 'image 0'));
  });
});

test('A loop that is left or aborted waits for the images in work and reads no more', async () => {
  const inner = numbered(100);
  let running = 0;
  let read = 0;
  const dataset: Dataset = {
    ...{ length: 100, classes: inner.classes, label: (i) => inner.label(i) },
    image: async (index) => {
      running++;
      read++;
      await sleep(2);
      running--;
      return inner.image(index);
    },
  };
  const loader = new DataLoader(dataset, { ...SMALL, batchSize: 4, augment: 'plain' });
  for await (const _ of loader.epoch(0)) break;
  expect(running).toBe(0);
  const seen = read;
  await sleep(20);
  expect(read).toBe(seen);

  const controller = new AbortController();
  const loop = async () => {
    for await (const _ of loader.epoch(0, { signal: controller.signal }))
      controller.abort(new Error('enough'));
  };
  const error = await loop().catch((e: Error) => e);
  expect(error).toMatchObject({ ...errorWith('ABORTED'), cause: new Error('enough') });
  expect(running).toBe(0);
});

describe('What makes no sense is refused at once', () => {
  test.each<[string, object, string]>([
    ['no batch size', { batchSize: 0 }, 'batchSize'],
    ['a seed below 0', { seed: -1 }, 'seed'],
    ['a crop larger than the resized image', { resize: 10, crop: 11 }, 'crop'],
    ['an augmentation that is unknown', { augment: 'much' }, 'augment'],
    ['a policy that is unknown', { onDecodeError: 'ignore' }, 'onDecodeError'],
    ['a rank beyond the shards', { shard: { rank: 2, worldSize: 2 } }, 'shard.rank'],
    ['no shards', { shard: { rank: 0, worldSize: 0 } }, 'shard.worldSize'],
    ['a shard without a rank', { shard: { worldSize: 2 } }, 'shard.rank'],
    ['a shuffle that is no boolean', { shuffle: 1 }, 'shuffle'],
    ['an endless prefetch', { prefetch: 1e9 }, 'prefetch'],
    ['an unknown option', { workers: 4 }, 'workers'],
  ])('%s', (_, change, mention) => {
    const construct = () => new DataLoader(numbered(8), { batchSize: 4, ...change });
    expect(construct).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', mention)));
  });

  test('a source that is none, or epochs without a batch', () => {
    const construct = (source: unknown, options: object = {}) => {
      return () => new DataLoader(source as Dataset, { batchSize: 4, ...options });
    };
    expect(construct(null)).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', 'source')));
    expect(construct({ length: 3 })).toThrow(
      expect.objectContaining(errorWith('INVALID_ARGUMENT', 'source')),
    );
    expect(construct(numbered(0))).toThrow(expect.objectContaining(errorWith('INVALID_DATASET', 'empty')));
    expect(construct(numbered(3), { dropLast: true })).toThrow(
      expect.objectContaining(errorWith('INVALID_DATASET', '3 images', 'dropLast')),
    );
  });

  test('an epoch, a start or a signal that is none', () => {
    const loader = new DataLoader(numbered(8), { batchSize: 4 });
    for (const call of [
      () => loader.epoch(-1),
      () => loader.epoch(0.5),
      () => loader.epoch(0, { start: -1 }),
      () => loader.epoch(0, { signal: {} as AbortSignal }),
      () => loader.epoch(0, { begin: 1 } as object),
    ]) {
      expect(call).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT')));
    }
  });
});

test('A dataset that never answers does not hold up whoever has aborted, however it is read', async () => {
  const never = () => new Promise<never>(() => undefined);
  const silent: Dataset = { length: 4, classes: ['a'], label: () => 0, image: never };
  const encoded: Dataset = { ...silent, encoded: never };
  const clinging = fromIterable({
    classes: ['a'],
    open: () => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: { image: PIXEL, label: 0 } }),
        return: never,
      }),
    }),
  });
  const PIXEL = { data: new Uint8Array(3), height: 1, width: 1 };
  const refusal = errorWith('ABORTED');
  const ended = [silent, encoded, clinging].map(async (source) => {
    const controller = new AbortController();
    const epoch = new DataLoader(source, { ...SMALL, batchSize: 2 }).epoch(0, { signal: controller.signal });
    const first = epoch.next();
    if (source === clinging) await first;
    controller.abort();
    await expect(source === clinging ? epoch.next() : first).rejects.toMatchObject(refusal);
  });
  await Promise.all(ended);
});
