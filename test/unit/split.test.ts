import { resolve } from 'node:path';
import { ArrayDataset } from '../../src/data/array-dataset.js';
import type { Dataset } from '../../src/data/dataset.js';
import { ImageFolder } from '../../src/data/image-folder.js';
import { type SplitOptions, split } from '../../src/data/split.js';
import { errorWith } from '../support/errors.js';

const SAMPLE = resolve(__dirname, '../../scripts/sample/fashion-mnist/test');

/** One pixel each, whose value is its number. */
function numbered(labels: number[]): Dataset {
  const data = Uint8Array.from(labels, (_, i) => i);
  return new ArrayDataset({
    images: { data, shape: [labels.length, 1, 1] },
    labels,
    classes: ['a', 'b', 'c'],
  });
}
const numbers = (dataset: Dataset) =>
  Promise.all(Array.from({ length: dataset.length }, async (_, i) => (await dataset.image(i)).data[0] ?? -1));
const labels = (dataset: Dataset) => Array.from({ length: dataset.length }, (_, i) => dataset.label(i));
const LABELS = Array.from({ length: 100 }, (_, i) => (i < 70 ? 0 : i < 90 ? 1 : 2));

describe('The two parts of a dataset', () => {
  test('share no image and miss none, in the order of the dataset', async () => {
    for (const stratified of [true, false]) {
      const parts = split(numbered(LABELS), { fraction: 0.8, stratified });
      const [first, rest] = [await numbers(parts[0]), await numbers(parts[1])];
      expect([first.length, rest.length]).toEqual([80, 20]);
      expect([...first, ...rest].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      for (const part of [first, rest]) expect([...part].sort((a, b) => a - b)).toEqual(part);
    }
  });

  test('have every class in the proportion asked for', () => {
    const [first, rest] = split(numbered(LABELS), { fraction: 0.8 });
    const counts = (dataset: Dataset) =>
      [0, 1, 2].map((c) => labels(dataset).filter((label) => label === c).length);
    expect([counts(first), counts(rest)]).toEqual([
      [56, 16, 8],
      [14, 4, 2],
    ]);
    const [most, few] = split(numbered([0, 0, 1, 1, 2]), { fraction: 0.99 });
    expect([counts(most), counts(few)]).toEqual([
      [1, 1, 1],
      [1, 1, 0],
    ]);
  });

  test('are the same for a seed and others for another', async () => {
    const run = (seed: number | bigint) => numbers(split(numbered(LABELS), { fraction: 0.5, seed })[0]);
    expect(await run(7)).toEqual(await run(7n));
    expect(await run(7)).not.toEqual(await run(8));
  });

  test('pass names, labels, encoded bytes and classes through', async () => {
    const folder = await ImageFolder.open(SAMPLE);
    const [, rest] = split(folder, { fraction: 0.9 });
    const index = folder.samples.findIndex(({ path }) => path === rest.name?.(3));
    expect(rest.label(3)).toBe(folder.label(index));
    expect(rest.classes).toBe(folder.classes);
    expect(await rest.encoded?.(3)).toEqual(await folder.encoded(index));
    expect(() => rest.label(rest.length)).toThrow(
      expect.objectContaining(errorWith('INVALID_ARGUMENT', 'index')),
    );
    await expect(rest.image(-1)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'index'));
    const [plain] = split(numbered(LABELS), { fraction: 0.5 });
    expect(plain.encoded).toBeUndefined();
    expect(plain.name?.(0)).toBe(`image ${(await numbers(plain))[0]}`);
  });

  test('may be split again', async () => {
    const [train, rest] = split(numbered(LABELS), { fraction: 0.6 });
    const [validation, test] = split(rest, { fraction: 0.5 });
    const all = await Promise.all([train, validation, test].map(numbers));
    expect(all.map((part) => part.length)).toEqual([60, 20, 20]);
    expect(new Set(all.flat()).size).toBe(100);
  });
});

describe('Refused are', () => {
  test.each<[Partial<Record<keyof SplitOptions | 'ratio', unknown>>, string]>([
    [{ fraction: 0 }, 'fraction'],
    [{ fraction: 1 }, 'fraction'],
    [{ fraction: undefined }, 'fraction'],
    [{ seed: -1 }, 'seed'],
    [{ stratified: 1 }, 'stratified'],
    [{ ratio: 2 }, 'ratio'],
  ])('%j', (change, mention) => {
    const call = () => split(numbered(LABELS), { fraction: 0.5, ...change } as SplitOptions);
    expect(call).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', mention)));
  });

  test('parts without images and labels of no class', () => {
    const empty = () => split(numbered([0]), { fraction: 0.5 });
    expect(empty).toThrow(expect.objectContaining(errorWith('INVALID_DATASET', '1 images')));
    const bad: Dataset = { length: 2, classes: ['a'], label: () => 3, image: () => Promise.reject() };
    expect(() => split(bad, { fraction: 0.5 })).toThrow(
      expect.objectContaining(errorWith('INVALID_LABEL', 'image 0')),
    );
  });
});
