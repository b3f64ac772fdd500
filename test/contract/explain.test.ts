/** Grad-CAM as an image. */
import sharp from 'sharp';
import { explain, GoogLeNet } from '../../src/index';
import { errorWith } from '../support/errors';

const SIDE = 256;
const source = {
  data: new Uint8Array(SIDE * SIDE * 3).map((_, i) => (i * 31) % 256),
  width: SIDE,
  height: SIDE,
};
const build = () =>
  new GoogLeNet({ numClasses: 3, classes: ['cat', 'dog', 'fox'], initWeights: true, seed: 1 });

test('the image stands beside itself with the places that speak for the class', async () => {
  using model = build();
  const { label, index, probability, png } = await explain(model, source);
  const [best] = await model.classify(source);
  expect({ label, index, probability }).toEqual(best);
  expect(model.training).toBe(true);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([2 * 224 + 8, 224, 3]);
  const row = (y: number) => data.subarray(y * info.width * 3, (y + 1) * info.width * 3);
  const left = Buffer.concat(Array.from({ length: 224 }, (_, y) => row(y).subarray(0, 224 * 3)));
  const right = Buffer.concat(Array.from({ length: 224 }, (_, y) => row(y).subarray(232 * 3)));
  expect(right.equals(left)).toBe(false);
  // The central 224 pixels of 256: what the network sees.
  expect(left[0]).toBe(source.data[(16 * SIDE + 16) * 3]);
});

test('a class may be asked for by name or index, and another layer', async () => {
  using model = build();
  expect(await explain(model, source, { class: 'fox' })).toMatchObject({ label: 'fox', index: 2 });
  expect(await explain(model, source, { class: 1 })).toMatchObject({ label: 'dog' });
  expect(await explain(model, source, { class: '0', targetLayer: 'inception_4a' })).toMatchObject({
    label: 'cat',
  });
});

test('what is no model, and logits that are no numbers, are refused', async () => {
  await expect(explain(null as never, source)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'model'));
  using model = build();
  const state = await model.stateDict();
  for (const { data } of Object.values(state)) if (data instanceof Float32Array) data.fill(Number.NaN);
  await model.loadStateDict(state);
  await expect(explain(model, source)).rejects.toMatchObject(errorWith('DIVERGED', 'NaN'));
});

test.each<[string, object, object]>([
  ['a class that is neither a name nor a number', { class: [1] }, errorWith('INVALID_ARGUMENT', 'class')],
  ['a name that is none', { class: 'cow' }, errorWith('INVALID_ARGUMENT', '"cow"', 'cat')],
  ['an index that is none', { class: 3 }, errorWith('INVALID_ARGUMENT', 'class')],
  ['a layer that is none', { targetLayer: 'inception_9z' }, errorWith('INVALID_ARGUMENT', 'inception_9z')],
  ['an unknown option', { color: 'red' }, errorWith('INVALID_ARGUMENT', 'color')],
])('%s is refused', async (_, options, error) => {
  using model = build();
  await expect(explain(model, source, options)).rejects.toMatchObject(error);
});
