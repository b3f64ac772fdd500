import type { ErrorCode } from '../../src/core/errors.js';
import { ArrayDataset, type ArrayDatasetOptions } from '../../src/data/array-dataset.js';
import { errorWith } from '../support/errors.js';

const classes = ['a', 'b'];
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i);

describe('Images in memory', () => {
  test('may be RGB', async () => {
    const images = { data: bytes(2 * 2 * 3 * 3), shape: [2, 2, 3, 3] };
    const dataset = new ArrayDataset({ images, labels: [1, 0], classes });
    expect([dataset.length, dataset.label(0), dataset.label(1)]).toEqual([2, 1, 0]);
    expect(await dataset.image(1)).toEqual({ data: images.data.slice(18), height: 2, width: 3 });
  });

  test('may be gray', async () => {
    const images = { data: bytes(12), shape: [2, 2, 3] };
    const dataset = new ArrayDataset({ images, labels: Uint8Array.of(0, 1), classes });
    const expected = [6, 7, 8, 9, 10, 11].flatMap((value) => [value, value, value]);
    expect(await dataset.image(1)).toEqual({ data: Uint8Array.from(expected), height: 2, width: 3 });
  });

  test('may be of any sizes', async () => {
    const images = [
      { data: bytes(3), height: 1, width: 1 },
      { data: bytes(12), height: 1, width: 4 },
    ];
    const dataset = new ArrayDataset({ images, labels: [0, 0], classes });
    expect(await dataset.image(1)).toEqual(images[1]);
  });

  test('may be taken away, which is an error and no crash', async () => {
    const data = bytes(4);
    const dataset = new ArrayDataset({ images: { data, shape: [1, 2, 2] }, labels: [0], classes });
    structuredClone(data, { transfer: [data.buffer] });
    await expect(dataset.image(0)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'transferred'));
  });

  test('are at positions that exist', async () => {
    const dataset = new ArrayDataset({ images: { data: bytes(4), shape: [1, 2, 2] }, labels: [0], classes });
    for (const index of [-1, 1, 0.5, Number.NaN]) {
      expect(() => dataset.label(index)).toThrow(
        expect.objectContaining(errorWith('INVALID_ARGUMENT', 'index')),
      );
      await expect(dataset.image(index)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'index'));
    }
  });
});

test.each<[string, object, ErrorCode, string]>([
  ['no images', { images: undefined }, 'INVALID_ARGUMENT', 'images'],
  ['floats', { images: { data: new Float32Array(4), shape: [1, 2, 2] } }, 'INVALID_DTYPE', 'images.data'],
  ['two channels', { images: { data: bytes(8), shape: [1, 2, 2, 2] } }, 'INVALID_SHAPE', 'images.shape'],
  ['two dimensions', { images: { data: bytes(4), shape: [2, 2] } }, 'INVALID_SHAPE', 'images.shape'],
  ['no height', { images: { data: bytes(0), shape: [1, 0, 2] } }, 'INVALID_SHAPE', 'images.shape'],
  ['too few bytes', { images: { data: bytes(3), shape: [1, 2, 2] } }, 'INVALID_SHAPE', '4'],
  ['an image that is none', { images: [7] }, 'INVALID_ARGUMENT', 'images[0]'],
  [
    'an image that is not filled',
    { images: [{ data: bytes(2), height: 1, width: 1 }] },
    'INVALID_SHAPE',
    'images[0]',
  ],
  ['more labels than images', { labels: [0, 1] }, 'INVALID_SHAPE', 'labels.length'],
  ['labels that are no array', { labels: '0' }, 'INVALID_ARGUMENT', 'labels'],
  ['a label of no class', { labels: [2] }, 'INVALID_LABEL', 'image 0'],
  ['a label that is no number', { labels: [null] }, 'INVALID_LABEL', 'image 0'],
  ['no classes', { classes: [] }, 'INVALID_ARGUMENT', 'classes'],
  ['classes of one name', { classes: ['a', 'a'] }, 'INVALID_ARGUMENT', 'classes'],
  ['an option that is unknown', { names: [] }, 'INVALID_ARGUMENT', 'names'],
])('%s: refused', (_, change, code, mention) => {
  const good: ArrayDatasetOptions = { images: { data: bytes(4), shape: [1, 2, 2] }, labels: [0], classes };
  const construct = () => new ArrayDataset({ ...good, ...change });
  expect(construct).toThrow(expect.objectContaining(errorWith(code, mention)));
});
