/** What every network does, and in what they differ. */
import {
  GoogLeNet,
  type ImageClassifier,
  InceptionModule,
  loadModel,
  manualSeed,
  Trainer,
  Xception,
} from '../../src/index';
import { ARCHITECTURES, noise } from '../support/architectures';
import { compareBits } from '../support/bits';
import { errorWith } from '../support/errors';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();

describe.each(ARCHITECTURES)('%s', (_, build) => {
  test('is found in what it saves, with its names, bits and logits', async () => {
    using model = build({ numClasses: 2 });
    await model.save(folder('model.safetensors'));
    using loaded = await loadModel(folder('model.safetensors'));
    expect(loaded.constructor).toBe(model.constructor);
    expect(loaded.describe()).toEqual(model.describe());
    expect(compareBits(await loaded.stateDict(), await model.stateDict())).toMatchObject({ differing: 0 });
    model.eval();
    const [ours, theirs] = [await model.forward(noise(1)), await loaded.forward(noise(1))];
    expect(theirs).toEqual(ours);
  });

  test('explains itself: layers in their order, features, Grad-CAM', async () => {
    using model = build();
    const before = await model.stateDict();
    const { layers, parameters, multiplyAdds } = await model.summary();
    expect(parameters).toBe(model.parameters);
    expect(layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(parameters);
    expect(multiplyAdds).toBeGreaterThan(1.4e9);
    expect(layers.filter(({ type }) => type === 'Linear').at(-1)?.output).toEqual([10]);
    model.eval();
    const fc = 'fc';
    const features = await model.features(noise(2), [fc]);
    expect(features.fc).toEqual((await model.forward(noise(2)))[0]);
    const heat = await model.gradCam(noise(2), [0, 9]);
    expect(heat.shape).toEqual([2, 7, 7]);
    expect(Math.min(...heat.data)).toBeGreaterThanOrEqual(0);
    // Looking leaves no trace in the weights.
    expect(compareBits(await model.stateDict(), before)).toMatchObject({ differing: 0 });
  });
});

test.each<[string, () => ImageClassifier, number, number, number]>([
  ['reference', () => new GoogLeNet(), 224, 13_378_792, 1591.0],
  ['reference without aux', () => new GoogLeNet({ auxLogits: false }), 224, 6_999_064, 1582.7],
  ['paper', () => new GoogLeNet({ variant: 'paper' }), 224, 13_378_280, 1591.0],
  ['plain without aux', () => new GoogLeNet({ variant: 'plain', auxLogits: false }), 224, 6_998_552, 1582.7],
  ['torchvision', () => new GoogLeNet({ variant: 'torchvision' }), 224, 13_004_888, 1506.7],
  [
    'torchvision without aux',
    () => new GoogLeNet({ variant: 'torchvision', auxLogits: false }),
    224,
    6_624_904,
    1498.4,
  ],
  ['Xception', () => new Xception(), 299, 22_855_952, 8357.4],
])('summary() of %s has the published totals', async (_, build, side, parameters, millions) => {
  using model = build();
  const totals = await model.summary({ height: side, width: side });
  expect(totals.parameters).toBe(parameters);
  expect(totals.multiplyAdds / 1e6).toBeCloseTo(millions, 1);
});

test('summary() lists what normalizes without parameters, and takes no seed of the process’s sequence', async () => {
  using paper = new GoogLeNet({ variant: 'paper', numClasses: 2, seed: 1 });
  const { layers } = await paper.summary();
  const names = layers.filter(({ type }) => type === 'LocalResponseNorm').map(({ name }) => name);
  expect(names).toEqual(['stem.norm1', 'stem.norm2']);
  manualSeed(100);
  using first = new GoogLeNet({ numClasses: 2 });
  await first.summary();
  using second = new GoogLeNet({ numClasses: 2 });
  using expected = new GoogLeNet({ numClasses: 2, seed: 101 });
  expect(compareBits(await second.stateDict(), await expected.stateDict())).toMatchObject({ differing: 0 });
});

test('features are what the modules give, those within modules too, in the mode the model is in', async () => {
  using model = new GoogLeNet({ numClasses: 10, seed: 1 });
  model.eval();
  const names = ['inception_4a', 'inception_4a.branch2', 'partA', 'auxilliary_output_1'] as const;
  const features = await model.features(noise(2), names);
  expect(Object.fromEntries(names.map((name) => [name, features[name].shape]))).toEqual({
    inception_4a: [2, 512, 14, 14],
    'inception_4a.branch2': [2, 208, 14, 14],
    partA: [2, 192, 28, 28],
    auxilliary_output_1: [2, 10],
  });
  const [, aux1] = await model.forward(noise(2));
  expect(features.auxilliary_output_1).toEqual(aux1);
});

test.each<[string, (model: GoogLeNet) => Promise<unknown>, string]>([
  ['a feature that is none', (model) => model.features(noise(1), ['inception_9z']), 'It has partA'],
  ['Grad-CAM of an auxiliary head', (m) => m.gradCam(noise(1), [0], 'auxilliary_output_1.1'), 'main logits'],
  ['names that are no array', (model) => model.features(noise(1), 'fc' as never), 'array'],
  ['Grad-CAM of a layer without spatial positions', (model) => model.gradCam(noise(1), [0], 'fc'), 'fc'],
  ['Grad-CAM of a module that is none', (model) => model.gradCam(noise(1), [0], 'x'), 'x'],
  ['a summary of huge images', (model) => model.summary({ height: 4096 }), '1024'],
  ['a summary of images that do not fit', (model) => model.summary({ height: 100 }), '100'],
])('%s is refused, and the model goes on', async (_, ask, named) => {
  using model = new GoogLeNet({ numClasses: 10, seed: 1 });
  await expect(ask(model)).rejects.toMatchObject({ message: expect.stringContaining(named) });
  expect((await model.forward(noise(1)))[0].shape).toEqual([1, 10]);
});

test('Grad-CAM of a class that is none is INVALID_LABEL', async () => {
  using model = new GoogLeNet({ numClasses: 10, seed: 1 });
  await expect(model.gradCam(noise(1), [10])).rejects.toMatchObject(errorWith('INVALID_LABEL', '10'));
});

test('plain has its auxiliary logits in training mode only', async () => {
  using model = new GoogLeNet({ variant: 'plain', numClasses: 10, seed: 1 });
  const shapes = async () => (await model.forward(noise(1))).map((head) => head?.shape ?? null);
  expect(await shapes()).toEqual([
    [1, 10],
    [1, 10],
    [1, 10],
  ]);
  model.eval();
  expect(await shapes()).toEqual([[1, 10], null, null]);
  using trainer = new Trainer(model);
  const scored = await trainer.evaluate(noise(2), [0, 1]);
  expect([scored.aux1Loss, scored.aux1Correct, scored.aux2Correct]).toEqual([null, null, null]);
  expect((await trainer.step(noise(2), [0, 1])).aux1Loss).toBeGreaterThan(0);
});

test('torchvision takes images of other sizes, and transforms its input where it is told to', async () => {
  using model = new GoogLeNet({ variant: 'torchvision', numClasses: 10, initWeights: false, seed: 1 });
  using transforming = new GoogLeNet({
    variant: 'torchvision',
    numClasses: 10,
    seed: 1,
    initWeights: false,
    transformInput: true,
  });
  for (const one of [model, transforming]) one.eval();
  expect((await model.forward(noise(1, 64)))[0].shape).toEqual([1, 10]);
  expect((await transforming.forward(noise(1)))[0].data).not.toEqual((await model.forward(noise(1)))[0].data);
});

test.each<[string, () => unknown, string]>([
  ['an unknown variant', () => new GoogLeNet({ variant: 'v4' as never }), '"v4"'],
  ['an input to be transformed by the reference', () => new GoogLeNet({ transformInput: true }), 'reference'],
  ['an unknown order', () => new Xception({ order: 'sideways' as never }), 'sideways'],
  ['an option of another network', () => new Xception({ auxLogits: true } as never), 'auxLogits'],
])('%s is INVALID_ARGUMENT', (_, build, named) => {
  expect(build).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', named)));
});

test('a file of another network is WEIGHTS_MISMATCH, naming the class that reads it', async () => {
  using model = new Xception({ numClasses: 2, seed: 1 });
  await model.save(folder('xception.safetensors'));
  await expect(GoogLeNet.load(folder('xception.safetensors'))).rejects.toMatchObject(
    errorWith('WEIGHTS_MISMATCH', 'xception'),
  );
});

test('a module that gives its pool projection does so for the reduced form only', async () => {
  using module = new InceptionModule({
    ...{ inChannels: 4, ch1x1: 1, ch3x3Reduce: 1, ch3x3: 2, ch5x5Reduce: 1, ch5x5: 2, poolProj: 3 },
    seed: 1,
  });
  const input = { data: new Float32Array(4 * 25).fill(1), shape: [1, 4, 5, 5] };
  const { output, pull } = await module.forwardAndPull(input);
  expect([output.shape, pull.shape]).toEqual([
    [1, 8, 5, 5],
    [1, 3, 5, 5],
  ]);
  expect(await module.forward(input)).toEqual(output);
});
