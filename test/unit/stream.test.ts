import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Batch } from '../../src/data/batches.js';
import { DataLoader, type DataLoaderOptions } from '../../src/data/data-loader.js';
import { ImageFolder } from '../../src/data/image-folder.js';
import { fromIterable, type StreamOptions, type StreamSample } from '../../src/data/stream-dataset.js';
import { errorWith } from '../support/errors.js';

const SAMPLE = resolve(__dirname, '../../scripts/sample/fashion-mnist/test');
const CLASSES = ['a', 'b'];
const SMALL = { resize: 4, crop: 2, batchSize: 4 };

const sample = (i: number): StreamSample => ({
  image: { data: new Uint8Array(48).fill(i), height: 4, width: 4 },
  label: i % 2,
});

async function* count(to: number): AsyncGenerator<StreamSample> {
  for (let i = 0; i < to; i++) yield sample(i);
}

const stream = (length: number, more: Partial<StreamOptions> = {}) =>
  fromIterable({ open: () => count(length), classes: CLASSES, ...more });

async function collect(iterable: AsyncIterable<Batch>): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of iterable) found.push(batch);
  return found;
}
const epochOf = (open: Partial<StreamOptions>, more: Partial<DataLoaderOptions> = {}, epoch = 0, start = 0) =>
  collect(new DataLoader(stream(10, open), { ...SMALL, ...more }).epoch(epoch, { start }));
const indices = (found: Batch[]) => found.map((batch) => [...batch.indices]);

describe('A stream', () => {
  test('comes in its order where nothing is shuffled, with a smaller last batch or without', async () => {
    for (const [open, more] of [[{ shuffleBuffer: 0 }, {}] as const, [{}, { shuffle: false }] as const]) {
      const found = await epochOf(open, more);
      expect(indices(found)).toEqual([
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
      ]);
      expect([...(found[2]?.labels ?? [])]).toEqual([0, 1]);
      expect([...(found[2]?.images.data ?? [])]).toEqual([...Array(12).fill(8), ...Array(12).fill(9)]);
      expect(await epochOf(open, { ...more, dropLast: true })).toEqual(found.slice(0, 2));
    }
  });

  test('is shuffled through its buffer: everything comes once, near its place, in the same order every time', async () => {
    const run = (epoch: number, start = 0, shuffleBuffer = 16) =>
      collect(new DataLoader(stream(200, { shuffleBuffer }), SMALL).epoch(epoch, { start }));
    const found = indices(await run(0)).flat();
    expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    // A sample cannot come before it has arrived, which is one buffer ahead.
    expect(found.every((index, place) => index <= place + 16)).toBe(true);
    expect(found.filter((index, place) => index === place).length).toBeLessThan(40);
    expect(indices(await run(0)).flat()).toEqual(found);
    expect(indices(await run(1)).flat()).not.toEqual(found);
    expect(indices(await run(0, 0, 17)).flat()).not.toEqual(found);
  });

  test('resumed is the stream not stopped, and what is skipped is not decoded', async () => {
    const broken = (i: number) => ({ ...sample(i), image: Buffer.from('no image') });
    const open = (_: number, bad = false) =>
      Array.from({ length: 40 }, (_, i) => (bad && i < 4 ? broken(i) : sample(i)));
    for (const shuffle of [true, false]) {
      const more = { ...SMALL, shuffle, augment: 'paper' } as const;
      const whole = await collect(new DataLoader(stream(0, { open }), more).epoch(2));
      const rest = await collect(new DataLoader(stream(0, { open }), more).epoch(2, { start: 6 }));
      expect(isDeepStrictEqual(rest, whole.slice(6))).toBe(true);
    }
    const found = await epochOf({ open: () => open(0, true) }, { shuffle: false }, 0, 1);
    expect(found[0]?.indices[0]).toBe(4);
  });

  test('is opened anew for every epoch, and may be opened later or be a plain array', async () => {
    const opened: number[] = [];
    const open = async (epoch: number) => {
      opened.push(epoch);
      return [sample(epoch)];
    };
    const loader = new DataLoader(stream(0, { open }), SMALL);
    const found = [await collect(loader.epoch(3)), await collect(loader.epoch(5))];
    expect(opened).toEqual([3, 5]);
    expect(found.map(([batch]) => batch?.images.data[0])).toEqual([3, 5]);
  });

  test('has pixels, bytes and paths, which give the same', async () => {
    const folder = await ImageFolder.open(SAMPLE);
    const path = folder.name(7);
    const images = [await folder.image(7), await readFile(path), path];
    for (const augment of ['none', { crop: {}, brightness: 0.3 }] as const) {
      const runs = images.map((image) =>
        epochOf({ open: () => [{ image, label: 0 }] }, { resize: 32, crop: 28, augment }),
      );
      const [first, ...others] = (await Promise.all(runs)).map(([batch]) => [...(batch?.images.data ?? [])]);
      for (const other of others) expect(other).toEqual(first);
    }
  });

  test('knows its length where it is told, and is read so far and no further', async () => {
    const loader = new DataLoader(stream(0, { open: () => count(1e9), length: 10 }), SMALL);
    expect([loader.length, loader.stepsPerEpoch, loader.plan.length]).toEqual([10, 3, 10]);
    expect(indices(await collect(loader.epoch(0))).flat()).toHaveLength(10);
    const unknown = new DataLoader(stream(10), { ...SMALL, dropLast: true });
    expect([unknown.length, unknown.stepsPerEpoch, unknown.plan.length]).toEqual([null, null, null]);
    expect([
      unknown.plan.shuffleBuffer,
      new DataLoader(stream(1), { ...SMALL, shuffle: false }).plan.shuffleBuffer,
    ]).toEqual([1024, null]);
  });

  test('is dealt out to shards in turn, whole rounds only', async () => {
    const run = async (rank: number, length?: number) => {
      const source = stream(11, { shuffleBuffer: 4, ...(length === undefined ? {} : { length }) });
      const loader = new DataLoader(source, { ...SMALL, batchSize: 2, shard: { rank, worldSize: 3 } });
      return { found: indices(await collect(loader.epoch(0))), steps: loader.stepsPerEpoch };
    };
    const whole = indices(
      await collect(new DataLoader(stream(11, { shuffleBuffer: 4 }), SMALL).epoch(0)),
    ).flat();
    for (const rank of [0, 1, 2]) {
      const { found, steps } = await run(rank);
      expect(found.flat()).toEqual(whole.slice(0, 9).filter((_, i) => i % 3 === rank));
      expect(steps).toBeNull();
      expect((await run(rank, 11)).steps).toBe(2);
    }
    const few = () =>
      new DataLoader(stream(2, { length: 2 }), { ...SMALL, shard: { rank: 0, worldSize: 3 } });
    expect(few).toThrow(expect.objectContaining(errorWith('INVALID_DATASET', '2 images', '3 shards')));
  });

  test('may have images that are left out, but never samples that are', async () => {
    const bad = { image: Buffer.from('text'), label: 0, name: 'shard-3/x.jpg' };
    const lost = { image: '/no/such/file.jpg', label: 0 };
    const open = () => [sample(0), bad, lost, sample(3)];
    const [batch] = await epochOf({ open }, { onDecodeError: 'skip', shuffle: false });
    expect(batch?.skipped.map(({ index, name }) => [index, name])).toEqual([
      [1, 'shard-3/x.jpg'],
      [2, '/no/such/file.jpg'],
    ]);
    expect([...(batch?.indices ?? [])]).toEqual([0, 3]);
    await expect(epochOf({ open })).rejects.toMatchObject(errorWith('INVALID_IMAGE', 'shard-3/x.jpg'));
  });
});

/** An iterator by hand, which counts its closings. */
function watched(next: (i: number) => Promise<IteratorResult<StreamSample>>, onReturn = async () => {}) {
  const seen = { pulled: 0, returned: 0 };
  const iterator = {
    next: () => next(seen.pulled++),
    return: async () => {
      seen.returned++;
      await onReturn();
      return { done: true as const, value: undefined };
    },
  };
  return { seen, open: () => ({ [Symbol.asyncIterator]: () => iterator }) };
}

describe('A stream that is left is closed', () => {
  const endless = async (i: number) => ({ done: false, value: sample(i) });

  test('by break, by a throw, by its length and by an image that is broken; once', async () => {
    for (const leave of ['break', 'throw', 'length', 'broken']) {
      const { seen, open } = watched(async (i) =>
        leave === 'broken' && i === 6 ? { done: false, value: { image: 'none', label: 0 } } : endless(i),
      );
      const source = stream(0, { open, shuffleBuffer: 3, ...(leave === 'length' ? { length: 20 } : {}) });
      const loop = async () => {
        for await (const _ of new DataLoader(source, SMALL).epoch(0)) {
          if (leave === 'break') break;
          if (leave === 'throw') throw new Error('mine');
        }
      };
      await loop().catch(() => undefined);
      expect([leave, seen.returned]).toEqual([leave, 1]);
      const { pulled } = seen;
      await sleep(10);
      expect(seen.pulled).toBe(pulled);
    }
  });

  test('by the signal, also where it waits for something that never comes', async () => {
    const { seen, open } = watched((i) => (i < 5 ? endless(i) : new Promise(() => {})));
    const controller = new AbortController();
    const loop = async () => {
      const loader = new DataLoader(stream(0, { open, shuffleBuffer: 0 }), SMALL);
      for await (const _ of loader.epoch(0, { signal: controller.signal }))
        setTimeout(() => controller.abort(), 5);
    };
    await expect(loop()).rejects.toMatchObject(errorWith('ABORTED'));
    expect(seen.returned).toBe(1);
  });

  test('but not when it has ended or failed by itself', async () => {
    const ending = watched(async (i) => (i < 5 ? endless(i) : { done: true, value: undefined }));
    await epochOf({ open: ending.open });
    const failing = watched(async (i) => (i < 5 ? endless(i) : Promise.reject(new Error('line is dead'))));
    await expect(epochOf({ open: failing.open })).rejects.toThrow('line is dead');
    expect([ending.seen.returned, failing.seen.returned]).toEqual([0, 0]);
  });

  test('and a failure to close it is reported, unless there was another before', async () => {
    const open = () => watched(endless, () => Promise.reject(new Error('stuck'))).open();
    const loop = async (error?: Error) => {
      const batches = new DataLoader(stream(0, { open }), SMALL).epoch(0);
      await batches.next();
      if (error) await batches.throw(error);
      else await batches.return();
    };
    await expect(loop()).rejects.toMatchObject(errorWith('INVALID_DATASET', 'stuck'));
    await expect(loop(new Error('mine'))).rejects.toThrow('mine');
  });
});

describe('A stream that breaks is INVALID_DATASET', () => {
  test('after the batches that are whole', async () => {
    const source = stream(10, { length: 12, shuffleBuffer: 0 });
    const found: Batch[] = [];
    const loop = async () => {
      for await (const batch of new DataLoader(source, SMALL).epoch(4)) found.push(batch);
    };
    await expect(loop()).rejects.toMatchObject(
      errorWith('INVALID_DATASET', 'epoch 4', 'after 10 samples', '12'),
    );
    expect(indices(found)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
  });

  test.each<[string, unknown, string]>([
    ['opening throws', () => Promise.reject(new Error('no route')), 'no route'],
    [
      'opening throws at once',
      () => {
        throw new Error('no route');
      },
      'no route',
    ],
    ['it is nothing', () => undefined, 'not iterable'],
    ['it is a number', () => 7, 'not iterable'],
    ['it has no samples', () => [], 'no samples'],
    ['a sample is nothing', () => [null], 'sample 0'],
    ['a sample is text', () => ['abc'], 'sample 0'],
    ['a sample has no image', () => [{ label: 0 }], 'sample 0'],
    ['a sample has an image without pixels', () => [{ image: {}, label: 0 }], 'sample 0'],
    ['a sample has an empty path', () => [{ image: '', label: 0 }], 'sample 0'],
    ['a name is no string', () => [{ ...sample(0), name: 7 }], 'sample 0'],
    ['its iterator gives nothing', () => ({ [Symbol.iterator]: () => ({ next: () => 7 }) }), 'sample 0'],
    ['its iterator is none', () => ({ [Symbol.asyncIterator]: () => ({}) }), 'not iterable'],
    [
      'it throws what is no error',
      () => ({
        [Symbol.iterator]: () => ({
          next: () => {
            throw 'text';
          },
        }),
      }),
      'text',
    ],
  ])('where %s', async (_, open, mention) => {
    const run = epochOf({ open: open as StreamOptions['open'] }, { onDecodeError: 'skip' });
    await expect(run).rejects.toMatchObject(errorWith('INVALID_DATASET', 'epoch 0', mention));
  });

  test.each([-1, 2, 0.5, '0', undefined])('and the label %p is INVALID_LABEL', async (label) => {
    const open = () => [{ ...sample(0), label: label as number }];
    await expect(epochOf({ open })).rejects.toMatchObject(errorWith('INVALID_LABEL', 'sample 0'));
  });

  test('and pixels that do not fill the image are INVALID_SHAPE', async () => {
    const open = () => [{ image: { data: new Uint8Array(5), height: 4, width: 4 }, label: 0 }];
    await expect(epochOf({ open })).rejects.toMatchObject(errorWith('INVALID_SHAPE', 'sample 0'));
  });
});

test.each<[object, string]>([
  [{ open: 7 }, 'open'],
  [{ classes: [] }, 'classes'],
  [{ classes: ['a', 'a'] }, 'classes'],
  [{ classes: [1] }, 'classes'],
  [{ length: 0 }, 'length'],
  [{ shuffleBuffer: -1 }, 'shuffleBuffer'],
  [{ shuffleBuffer: 1e9 }, 'shuffleBuffer'],
  [{ size: 1 }, 'size'],
])('%j is refused', (change, mention) => {
  const construct = () => stream(1, change as Partial<StreamOptions>);
  expect(construct).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', mention)));
});
