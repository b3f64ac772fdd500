/** `map` and `every` leave out the holes of a list: what lies there must not pass for what was checked. */

import { shape } from '../../src/core/validation';
import { ArrayDataset, loadImages } from '../../src/index';
import { readTrainerConfig } from '../../src/train/config';
import { errorWith } from '../support/errors';

const IMAGE = { data: new Uint8Array(3), height: 1, width: 1 };

/** The first of two items is missing. */
function holed<T>(item: T): T[] {
  const list = new Array<T>(2);
  list[1] = item;
  return list;
}

test.each<[string, () => unknown]>([
  ['classWeights[0]', () => readTrainerConfig({ classWeights: holed(1) })],
  ['freeze[0]', () => readTrainerConfig({ freeze: holed('fc') })],
  ['classes', () => new ArrayDataset({ images: [IMAGE], labels: [0], classes: holed('a') })],
  ['images[0]', () => new ArrayDataset({ images: holed(IMAGE), labels: [0, 0], classes: ['a'] })],
])('A list with a hole is refused: %s', (name, make) => {
  expect(make).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', name)));
});

test('A list of images with a hole is none', async () => {
  await expect(loadImages(holed(IMAGE))).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'sources[0]'));
});

test('A list of nothing but holes is refused before it is copied: the copy would not fit into memory', () => {
  const holes = new Array(2 ** 32 - 1);
  const refused = expect.objectContaining(errorWith('INVALID_ARGUMENT', 'at most 33554432 items'));
  expect(() => readTrainerConfig({ freeze: holes })).toThrow(refused);
  expect(() => readTrainerConfig({ classWeights: holes })).toThrow(refused);
  expect(() => shape('shape', holes)).toThrow(expect.objectContaining(errorWith('INVALID_SHAPE', 'shape')));
});
