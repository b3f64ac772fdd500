import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, type BatchesOptions, batchCount, batches } from '../../src/data/batches.js';
import type { Dataset, RawImage } from '../../src/data/dataset.js';
import { ImageFolder } from '../../src/data/image-folder.js';
import { epochIndices } from '../../src/data/sampler.js';
import { resizeCrop } from '../../src/data/transforms.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SAMPLE = resolve(__dirname, '../../scripts/sample/fashion-mnist/test');

/** Images in memory, each of one color, whose reading can be slowed down and watched. */
class Colors implements Dataset {
  readonly classes = ['even', 'odd'];
  readonly length: number;
  running = 0;
  mostRunning = 0;
  readonly read: number[] = [];
  delay: (index: number) => number = () => 0;
  failing = new Set<number>();

  constructor(length: number) {
    this.length = length;
  }

  label(index: number): number {
    return index % 2;
  }

  async image(index: number): Promise<RawImage> {
    this.read.push(index);
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await sleep(this.delay(index));
    this.running--;
    if (this.failing.has(index)) throw new Error(`image ${index} is broken`);
    return { data: new Uint8Array(4 * 4 * 3).fill(index), height: 4, width: 4 };
  }
}

const inOrder = (length: number) => epochIndices(length, { seed: 0, epoch: 0, shuffle: false });
const plan = (length: number, more: Partial<BatchesOptions> = {}): BatchesOptions => ({
  indices: inOrder(length),
  batchSize: 4,
  resize: 4,
  crop: 2,
  ...more,
});

async function collect(iterable: AsyncIterable<Batch>): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of iterable) found.push(batch);
  return found;
}
const indices = (found: Batch[]) => found.map((batch) => [...batch.indices]);

describe('Batches', () => {
  test('follow the order, with the last one smaller', async () => {
    const found = await collect(batches(new Colors(10), plan(10)));
    expect(indices(found)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(found.map(({ images }) => images.shape)).toEqual([
      [4, 2, 2, 3],
      [4, 2, 2, 3],
      [2, 2, 2, 3],
    ]);
    expect([...(found[2]?.labels ?? [])]).toEqual([0, 1]);
    expect([...(found[2]?.images.data ?? [])]).toEqual([...Array(12).fill(8), ...Array(12).fill(9)]);
  });

  test('stay in order when later images are ready first', async () => {
    const dataset = new Colors(20);
    dataset.delay = (index) => (20 - index) % 7;
    const order = epochIndices(20, { seed: 5, epoch: 1, shuffle: true });
    const found = await collect(batches(dataset, plan(20, { indices: order })));
    expect(indices(found).flat()).toEqual([...order]);
    const values = found.flatMap(({ images }) => [...images.data].filter((_, i) => i % 12 === 0));
    expect(values).toEqual([...order]);
  });

  test('can leave out the smaller last one', async () => {
    expect(indices(await collect(batches(new Colors(10), plan(10, { dropLast: true })))).flat()).toHaveLength(
      8,
    );
    expect([batchCount(10, 4), batchCount(10, 4, true), batchCount(8, 4), batchCount(0, 4)]).toEqual([
      3, 2, 2, 0,
    ]);
  });

  test('from the middle of an epoch are those of the whole epoch, and what was skipped is not read', async () => {
    const dataset = new Colors(20);
    const order = epochIndices(20, { seed: 5, epoch: 1, shuffle: true });
    const whole = await collect(batches(new Colors(20), plan(20, { indices: order })));
    const rest = await collect(batches(dataset, plan(20, { indices: order, start: 3 })));
    expect(rest).toEqual(whole.slice(3));
    expect(new Set(dataset.read)).toEqual(new Set(order.slice(12)));
    expect(await collect(batches(dataset, plan(20, { start: 5 })))).toEqual([]);
  });

  test('of a folder hold its images, resized and cropped', async () => {
    const folder = await ImageFolder.open(SAMPLE);
    const order = epochIndices(folder.length, { seed: 1, epoch: 0, shuffle: true });
    for await (const batch of batches(folder, { indices: order, batchSize: 25, resize: 32, crop: 28 })) {
      const first = batch.indices[0] ?? -1;
      expect(batch.labels[0]).toBe(folder.label(first));
      const alone = await resizeCrop([await folder.image(first)], { resize: 32, crop: 28 });
      expect(Buffer.compare(alone, batch.images.data.subarray(0, alone.length) as Uint8Array)).toBe(0);
    }
  });
});

describe('Reading ahead', () => {
  test('prepares as many batches as asked while the caller works, and decodes a few images at a time', async () => {
    for (const prefetch of [0, 1, 3]) {
      const dataset = new Colors(40);
      const iterator = batches(dataset, plan(40, { prefetch }));
      await iterator.next();
      while (dataset.read.length < 4 * (1 + prefetch) || dataset.running > 0) await sleep(1);
      await sleep(10);
      expect(dataset.read).toHaveLength(4 * (1 + prefetch));
      expect(dataset.mostRunning).toBeLessThanOrEqual(3);
      await iterator.return();
    }
  });

  test('starts with the first request, not with the call', async () => {
    const dataset = new Colors(8);
    batches(dataset, plan(8));
    await sleep(5);
    expect(dataset.read).toEqual([]);
  });
});

describe('However the loop ends, no work goes on and no rejection is left unhandled', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => process.on('unhandledRejection', note));
  afterEach(async () => {
    await sleep(20);
    process.off('unhandledRejection', note);
    expect(unhandled.splice(0)).toEqual([]);
  });

  async function expectQuiet(dataset: Colors): Promise<void> {
    expect(dataset.running).toBe(0);
    const read = dataset.read.length;
    await sleep(20);
    expect(dataset.read).toHaveLength(read);
  }

  test('break', async () => {
    const dataset = new Colors(100);
    dataset.delay = () => 2;
    dataset.failing = new Set([6, 9]);
    for await (const batch of batches(dataset, plan(100))) {
      expect([...batch.indices]).toEqual([0, 1, 2, 3]);
      break;
    }
    await expectQuiet(dataset);
    expect(dataset.read.length).toBeLessThan(13);
  });

  test('a throw of the caller', async () => {
    const dataset = new Colors(100);
    dataset.delay = () => 2;
    const loop = async () => {
      for await (const _ of batches(dataset, plan(100))) throw new Error('mine');
    };
    await expect(loop()).rejects.toThrow('mine');
    await expectQuiet(dataset);
  });

  test('the signal, while a batch is awaited', async () => {
    const dataset = new Colors(100);
    dataset.delay = (index) => (index < 8 ? 0 : 100);
    const controller = new AbortController();
    const found: Batch[] = [];
    const loop = async () => {
      for await (const batch of batches(dataset, plan(100, { signal: controller.signal }))) {
        if (found.push(batch) === 2) setTimeout(() => controller.abort(new Error('enough')), 10);
      }
    };
    const error = await loop().catch((e: Error) => e);
    expect(error).toMatchObject({ ...errorWith('ABORTED'), cause: new Error('enough') });
    expect(found).toHaveLength(2);
    await expectQuiet(dataset);
  });

  test('a signal that had fired before', async () => {
    const dataset = new Colors(8);
    const loop = collect(batches(dataset, plan(8, { signal: AbortSignal.abort() })));
    await expect(loop).rejects.toMatchObject(errorWith('ABORTED'));
    await expectQuiet(dataset);
  });

  test('an image that cannot be read, at the batch that needs it', async () => {
    const dataset = new Colors(100);
    dataset.failing = new Set([9, 10]);
    dataset.delay = (index) => (index === 9 ? 10 : 0);
    const found: Batch[] = [];
    const loop = async () => {
      for await (const batch of batches(dataset, plan(100))) {
        found.push(batch);
        await sleep(15);
      }
    };
    await expect(loop()).rejects.toThrow('image 9 is broken');
    expect(indices(found)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    await expectQuiet(dataset);
  });
});

const at = temporaryFolder();

test('A broken file among good ones is an error that names it', async () => {
  await mkdir(at('bag'));
  for (const name of ['a.png', 'c.png']) await copyFile(join(SAMPLE, '8-bag/000.png'), at('bag', name));
  await writeFile(at('bag/b.png'), 'not an image');
  const folder = await ImageFolder.open(at(), { checkFormats: false });
  const loop = collect(batches(folder, plan(3)));
  await expect(loop).rejects.toMatchObject(errorWith('INVALID_IMAGE', at('bag/b.png')));
});

describe('What makes no sense is refused', () => {
  test.each<[string, Partial<Record<keyof BatchesOptions | 'shuffle', unknown>>, string]>([
    ['no batch size', { batchSize: 0 }, 'batchSize'],
    ['an order that is no Uint32Array', { indices: [0, 1] }, 'indices'],
    ['an order beyond the dataset', { indices: Uint32Array.of(0, 8) }, 'indices[1]'],
    ['a negative start', { start: -1 }, 'start'],
    ['an endless prefetch', { prefetch: Number.POSITIVE_INFINITY }, 'prefetch'],
    ['a crop larger than the resized image', { crop: 5 }, 'crop'],
    ['a signal that is none', { signal: {} }, 'signal'],
    ['an unknown option', { shuffle: true }, 'shuffle'],
  ])('%s, at the call', (_, change, mention) => {
    const call = () => batches(new Colors(8), { ...plan(8), ...change } as BatchesOptions);
    expect(call).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', mention)));
  });

  test.each([-1, 2, 0.5, Number.NaN])('the label %d of a dataset with two classes', async (label) => {
    const dataset = new Colors(8);
    dataset.label = () => label;
    await expect(collect(batches(dataset, plan(8)))).rejects.toMatchObject(
      errorWith('INVALID_LABEL', 'image 0'),
    );
  });

  test('an image whose bytes do not fill it', async () => {
    const dataset = new Colors(8);
    dataset.image = async () => ({ data: new Uint8Array(5), height: 4, width: 4 });
    await expect(collect(batches(dataset, plan(8)))).rejects.toMatchObject(
      errorWith('INVALID_SHAPE', 'image 0'),
    );
  });
});
