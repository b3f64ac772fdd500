import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GoogLeNetError } from '../../src/core/errors.js';
import {
  FASHION_MNIST_CLASSES,
  hasIdxImages,
  IdxDataset,
  type IdxOptions,
} from '../../src/data/idx-dataset.js';
import { ImageFolder } from '../../src/data/image-folder.js';
import { Xoshiro128 } from '../../src/data/sampler.js';
import { readIdx } from '../../src/formats/idx.js';
import { errorWith } from '../support/errors.js';
import { idxFile as idx } from '../support/idx.js';
import { describeWhere } from '../support/skip.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

const PIXELS = Array.from({ length: 3 * 2 * 4 }, (_, i) => i * 10);
const IMAGES = idx([3, 2, 4], PIXELS);
const LABELS = idx([3], [2, 0, 1]);

async function write(images: Uint8Array, labels: Uint8Array, suffix = '', prefix = 'train'): Promise<void> {
  await writeFile(at(`${prefix}-images-idx3-ubyte${suffix}`), images);
  await writeFile(at(`${prefix}-labels-idx1-ubyte${suffix}`), labels);
}
const open = (given: Partial<IdxOptions> = {}) => IdxDataset.open(at(), { split: 'train', ...given });

describe('Files of idx', () => {
  test.each(['', '.gz'])(
    'with the suffix “%s” give gray images as RGB, their labels and names',
    async (suffix) => {
      const pack = suffix === '' ? (bytes: Buffer) => bytes : gzipSync;
      await write(pack(IMAGES), pack(LABELS), suffix);
      const dataset = await open();
      expect([dataset.length, dataset.classes]).toEqual([3, Array.from('0123456789')]);
      expect([0, 1, 2].map((i) => dataset.label(i))).toEqual([2, 0, 1]);
      const { data, height, width } = await dataset.image(1);
      expect([height, width, ...data]).toEqual([2, 4, ...PIXELS.slice(8, 16).flatMap((v) => [v, v, v])]);
      expect(dataset.name(1)).toBe(`image 1 of ${at(`train-images-idx3-ubyte${suffix}`)}`);
      expect(() => dataset.label(3)).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', 'index')));
      await expect(dataset.image(-1)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'index'));
    },
  );

  test('are told apart by split, and plain ones come first; gzip is seen by its bytes, not its name', async () => {
    await write(IMAGES, LABELS);
    await write(idx([1, 1, 1], [9]), idx([1], [1]), '.gz');
    await write(gzipSync(idx([1, 1, 1], [7])), gzipSync(idx([1], [1])), '', 't10k');
    expect((await open()).length).toBe(3);
    expect([...(await (await open({ split: 'test' })).image(0)).data]).toEqual([7, 7, 7]);
  });

  test.each([
    ['with a dot', (kind: string, of: string) => `train-${of}.${kind}`],
    ['with a dot and compressed', (kind: string, of: string) => `train-${of}.${kind}.gz`],
    ['in folders of their names', (kind: string, of: string) => `train-${of}-${kind}/train-${of}-${kind}`],
  ])('may be named as Kaggle has them: %s', async (_, name) => {
    const pack = name('x', 'y').endsWith('.gz') ? gzipSync : (bytes: Buffer) => bytes;
    for (const [kind, of, bytes] of [
      ['idx3-ubyte', 'images', IMAGES],
      ['idx1-ubyte', 'labels', LABELS],
    ] as const) {
      await mkdir(dirname(at(name(kind, of))), { recursive: true });
      await writeFile(at(name(kind, of)), pack(bytes));
    }
    expect((await open()).length).toBe(3);
    expect(await hasIdxImages(at(), 'train')).toBe(true);
    expect(await hasIdxImages(at(), 'test')).toBe(false);
  });

  test('may have classes of their own, as many as there are labels', async () => {
    await write(IMAGES, LABELS);
    expect((await open({ classes: ['x', 'y', 'z'] })).classes).toEqual(['x', 'y', 'z']);
    const few = open({ classes: ['x', 'y'] });
    await expect(few).rejects.toMatchObject(errorWith('INVALID_DATASET', 'Label 0', 'is 2', '2 classes'));
    await expect(open({ classes: [] })).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'classes'));
    await expect(open({ split: 'val' as 'test' })).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'split'),
    );
  });
});

describe('Files are refused', () => {
  const long = idx([3, 2, 4], [...PIXELS, 1]);
  const lying = idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], PIXELS);
  test.each<[string, Uint8Array, Uint8Array, string]>([
    ['an empty file', Buffer.alloc(0), LABELS, 'empty'],
    ['a web page', Buffer.from('<!DOCTYPE html>\n<html><body>Not found</body></html>'), LABELS, 'web page'],
    ['a web page in place of labels', IMAGES, Buffer.from('<!DOCTYPE html><title>x</title>'), 'web page'],
    [
      'a pointer of Git LFS',
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      LABELS,
      'git lfs pull',
    ],
    ['half a header', IMAGES.subarray(0, 9), LABELS, 'too few for a header'],
    ['another magic number', idx([3, 2, 4], PIXELS, 0x0d03), LABELS, '0x00000d03, expected 0x00000803'],
    ['labels instead of images', idx([8], PIXELS.slice(0, 8)), LABELS, '0x00000801'],
    ['pixels missing', IMAGES.subarray(0, -1), LABELS, 'it has 23 of 24 bytes'],
    ['pixels too many', long, LABELS, 'more follows the 24 bytes'],
    ['sizes beyond all bounds', lying, LABELS, 'than it can have'],
    ['compressed and cut short', gzipSync(IMAGES).subarray(0, -12), LABELS, 'compressed data is broken'],
    ['compressed and damaged', gzipSync(IMAGES).fill(0xff, 12, 20), LABELS, 'compressed data is broken'],
    ['compressed, pixels missing', gzipSync(IMAGES.subarray(0, -1)), LABELS, 'it has 23 of 24 bytes'],
    ['compressed, sizes beyond all bounds', gzipSync(lying), LABELS, 'than it can have'],
    ['fewer labels than images', IMAGES, idx([2], [0, 1]), '3 images'],
    ['no images at all', idx([0, 2, 4], []), idx([0], []), 'no images'],
    ['images without pixels', idx([3, 0, 4], []), LABELS, '0 × 4 pixels'],
    ['a label of no class', IMAGES, idx([3], [0, 10, 1]), 'Label 1'],
  ])('with %s', async (_, images, labels, mention) => {
    await write(images, labels);
    await expect(open()).rejects.toMatchObject(errorWith('INVALID_DATASET', mention));
  });

  test('with megabytes packed behind a small header, before they are unpacked', async () => {
    const bomb = gzipSync(Buffer.concat([IMAGES, Buffer.alloc(2 ** 28)]));
    await write(bomb, LABELS);
    const before = process.memoryUsage().rss;
    await expect(open()).rejects.toMatchObject(errorWith('INVALID_DATASET', 'more follows the 24 bytes'));
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 27);
  });

  test('when they are missing or no files', async () => {
    await expect(open()).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', 'train-images-idx3-ubyte.gz'));
    await writeFile(at('train-images-idx3-ubyte'), IMAGES);
    await expect(open()).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', 'train-labels-idx1-ubyte'));
    await mkdir(at('train-labels-idx1-ubyte'));
    await expect(open()).rejects.toMatchObject(errorWith('FILE_ERROR', 'train-labels-idx1-ubyte'));
    execFileSync('mkfifo', [at('pipe')]);
    await expect(readIdx(at('pipe'), 1)).rejects.toMatchObject(errorWith('FILE_ERROR', at('pipe')));
  });
});

test('Every one of 1000 damaged files is either refused with INVALID_DATASET or sound', async () => {
  const random = Xoshiro128.seeded(9n, 9);
  const seen = new Map<string, number>();
  const originals = [IMAGES, gzipSync(IMAGES)];
  for (let i = 0; i < 1000; i++) {
    let bytes = Buffer.from(originals[random.below(2)] ?? IMAGES);
    do {
      const place = random.below(bytes.length);
      const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
      const kind = random.below(4);
      if (kind === 0) bytes = Buffer.concat([before, Buffer.of(random.below(256)), after.subarray(1)]);
      else if (kind === 1) bytes = Buffer.concat([before, after.subarray(1 + random.below(6))]);
      else if (kind === 2) bytes = Buffer.concat([before, after.subarray(0, random.below(9)), after]);
      else bytes = Buffer.concat([before.subarray(0, 16), Buffer.of(random.below(5)), after]);
    } while (bytes.length === 0 || random.below(3) === 0);
    await writeFile(at('file'), bytes);
    const outcome = await readIdx(at('file'), 3).then(
      ({ sizes, data }) => {
        expect(data).toHaveLength(sizes.reduce((n, size) => n * size, 1));
        return 'sound';
      },
      (error: unknown) => {
        expect(error).toBeInstanceOf(GoogLeNetError);
        const { code, message } = error as GoogLeNetError;
        return `${code} ${message
          .replace(/^.*file: /, '')
          .replace(/[0-9a-fx]*\d[0-9a-fx]*|\(.*/g, '…')
          .slice(0, 30)}`;
      },
    );
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  const refusals = [...seen.keys()].filter((outcome) => outcome !== 'sound');
  expect(refusals.every((outcome) => outcome.startsWith('INVALID_DATASET'))).toBe(true);
  // The mutants reach deep: some stay sound, and every kind of refusal is seen.
  expect(seen.get('sound')).toBeGreaterThan(50);
  expect(refusals.length).toBeGreaterThanOrEqual(5);
});

const FASHION = '/usr/share/datasets/fashion-mnist';
const SAMPLE = resolve(__dirname, '../../scripts/sample/fashion-mnist');

describeWhere(existsSync(FASHION), `${FASHION} is not there`)('Fashion-MNIST', () => {
  test('is whole, and its first images are those of the bundled sample', async () => {
    const classes = FASHION_MNIST_CLASSES;
    const train = await IdxDataset.open(FASHION, { split: 'train', classes });
    const test = await IdxDataset.open(FASHION, { split: 'test', classes });
    expect([train.length, test.length, train.classes[9]]).toEqual([60_000, 10_000, 'Ankle boot']);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < test.length; i++) counts[test.label(i)] = (counts[test.label(i)] ?? 0) + 1;
    expect(counts).toEqual(new Array(10).fill(1000));
    const sample = await ImageFolder.open(`${SAMPLE}/test`);
    const first = Array.from({ length: 500 }, (_, i) => i).find((i) => test.label(i) === 9) ?? -1;
    const boot = sample.samples.findIndex(({ label }) => label === 9);
    expect([...(await test.image(first)).data]).toEqual([...(await sample.image(boot)).data]);
  });
});
