import {
  assertSameClasses as assertSameAsFile,
  hasSameClasses,
  type OpenWeights,
} from '../../src/cli/weights-file.js';
import { isSameClass } from '../../src/data/class-names.js';
import { assertSameClasses } from '../../src/inference/dataset-classes.js';
import { errorWith } from '../support/errors.js';

const COMPOSED = ['café', 'über', 'z'].map((name) => name.normalize('NFC'));
const DECOMPOSED = COMPOSED.map((name) => name.normalize('NFD'));

const file = (classes: readonly string[]) =>
  ({ path: 'model.safetensors', model: { numClasses: classes.length, classes } }) as unknown as OpenWeights;
const dataset = (classes: readonly string[]) => ({ classes }) as Parameters<typeof hasSameClasses>[1];

test('Names of classes are the same however their accents are written', () => {
  expect(DECOMPOSED).not.toEqual(COMPOSED);
  expect(isSameClass(COMPOSED[0], DECOMPOSED[0])).toBe(true);
  expect(hasSameClasses(file(COMPOSED), dataset(DECOMPOSED))).toBe(true);
  expect(() => assertSameAsFile(file(COMPOSED), 'data', dataset(DECOMPOSED))).not.toThrow();
  expect(() => assertSameClasses('One', COMPOSED, 'the other', DECOMPOSED)).not.toThrow();
});

test('Names that differ otherwise are not', () => {
  const others = ['cafe', 'über', 'z'];
  expect(hasSameClasses(file(COMPOSED), dataset(others))).toBe(false);
  const expected = expect.objectContaining(errorWith('INVALID_DATASET', 'class 0 is cafe'));
  expect(() => assertSameAsFile(file(COMPOSED), 'data', dataset(others))).toThrow(expected);
  expect(() => assertSameClasses('One', others, 'the other', COMPOSED)).toThrow(expected);
});
