/** Grad-CAM as an image. */
import sharp from 'sharp';
import { explain, GoogLeNet, loadImages } from '../../src/index';
import { errorWith } from '../support/errors';

const SIDE = 256;
const source = {
  data: new Uint8Array(SIDE * SIDE * 3).map((_, i) => (i * 31) % 256),
  width: SIDE,
  height: SIDE,
};
const build = () =>
  new GoogLeNet({ numClasses: 3, classes: ['cat', 'dog', 'fox'], initWeights: true, seed: 1 });

/** Of the figure: two tiles below a header, with a color scale on the right, in pixels. */
const TILE = { size: 448, top: 112, left: 32, overlay: 504 };

test('the image stands next to itself with a heat map, a color scale and a caption', async () => {
  using model = build();
  const { label, index, probability, targetLayer, png } = await explain(model, source);
  const [best] = await model.classify(source);
  expect({ label, index, probability }).toEqual(best);
  expect(targetLayer).toBe('inception_5b');
  expect(model.training).toBe(true);
  const { channels, width, height } = await sharp(png).metadata();
  expect([width, height, channels]).toEqual([1100, 620, 3]);
  const { size, top } = TILE;
  const pixelsAt = (left: number, width = size) =>
    sharp(png).extract({ left, top, width, height: size }).raw().toBuffer();
  // The central 224 pixels of 256, which the model sees.
  const { data } = await loadImages([source]);
  const seen = sharp(data, { raw: { width: 224, height: 224, channels: 3 } });
  const enlarged = await seen.resize(size, size, { kernel: 'cubic' }).raw().toBuffer();
  expect((await pixelsAt(TILE.left)).equals(enlarged)).toBe(true);
  expect((await pixelsAt(TILE.overlay)).equals(enlarged)).toBe(false);
  // From the maximum at the top, which is bright, to gray, which is no color.
  const scale = await pixelsAt(TILE.overlay + size + 24, 24);
  expect([...scale.subarray(-3)]).toEqual([128, 128, 128]);
  expect(scale[0]).toBeGreaterThan(200);
  const header = await sharp(png).extract({ left: 0, top: 0, width: 1100, height: 100 }).stats();
  expect(header.channels[0]?.min).toBeLessThan(60);
});

test('names of classes are text in the figure, whatever they hold', async () => {
  using model = new GoogLeNet({
    numClasses: 1,
    classes: ['<b>&"\u0007 '.repeat(40)],
    initWeights: true,
    seed: 1,
  });
  expect((await explain(model, source)).png.length).toBeGreaterThan(1000);
});

test('a class may be asked for by name or index, and another target layer', async () => {
  using model = build();
  expect(await explain(model, source, { class: 'fox' })).toMatchObject({ label: 'fox', index: 2 });
  expect(await explain(model, source, { class: 1 })).toMatchObject({ label: 'dog' });
  expect(await explain(model, source, { class: '0', targetLayer: 'inception_4a' })).toMatchObject({
    label: 'cat',
  });
});

test('what is no model, and logits that are NaN, are refused', async () => {
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
