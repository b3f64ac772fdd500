import { GoogLeNet, type Images, manualSeed, setNumThreads, Trainer } from '../../src/index';
import { compareBits, type NamedTensors } from '../support/bits';
import { errorWith } from '../support/errors';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();

const noise = (n: number): Images => {
  const data = new Uint8Array(n * 224 * 224 * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 7919) % 251;
  return { data, shape: [n, 224, 224, 3] };
};

const logits = async (model: GoogLeNet, images = noise(2)) => (await model.forward(images))[0].data;

const differing = (a: NamedTensors, b: NamedTensors) => compareBits(a, b).differing;

test('the sizes of the model are those of the reference', () => {
  using full = new GoogLeNet();
  using plain = new GoogLeNet({ auxLogits: false });
  expect([full.parameters, plain.parameters]).toEqual([13_378_792, 6_999_064]);
});

test('forward gives three tensors of [n, classes], null without auxiliary heads', async () => {
  using full = new GoogLeNet();
  using plain = new GoogLeNet({ auxLogits: false, numClasses: 7 });
  const [main, aux1, aux2] = await full.forward({
    data: new Float32Array(2 * 3 * 224 * 224),
    shape: [2, 3, 224, 224],
  });
  for (const head of [main, aux1, aux2]) {
    expect(head?.shape).toEqual([2, 1000]);
    expect(head?.data).toHaveLength(2000);
  }
  expect((await plain.forward(noise(1))).map((head) => head?.shape)).toEqual([[1, 7], undefined, undefined]);
});

test('the input may be changed or transferred at once', async () => {
  using model = new GoogLeNet({ numClasses: 5, seed: 1 });
  model.eval();
  const expected = await logits(model);
  const changed = noise(2);
  const pending = model.forward(changed);
  changed.data.fill(0);
  structuredClone(changed.data, { transfer: [changed.data.buffer as ArrayBuffer] });
  expect((await pending)[0].data).toEqual(expected);
});

test('train and eval take effect for the calls that follow, in order', async () => {
  using model = new GoogLeNet({ numClasses: 5, seed: 1, dropout: 0.5 });
  model.eval();
  const expected = await logits(model);
  const [a, b, c] = await Promise.all([logits(model), logits(model.train()), logits(model.eval())]);
  expect(model.training).toBe(false);
  expect(a).toEqual(expected);
  expect(b).not.toEqual(expected);
  // The pass in training mode has moved BatchNorm's running statistics.
  expect(c).not.toEqual(expected);
});

test('equal seeds give equal models, whatever else runs in the process', async () => {
  const [a, b] = [new GoogLeNet({ numClasses: 5, seed: 9 }), new GoogLeNet({ numClasses: 5, seed: 9 })];
  expect(differing(await a.stateDict(), await b.stateDict())).toBe(0);
  const [x, y] = await Promise.all([logits(a), logits(b)]);
  expect(x).toEqual(y);
  a.dispose();
  b.dispose();
});

test('manualSeed seeds live models and those to come', async () => {
  manualSeed(3);
  using first = new GoogLeNet({ numClasses: 5 });
  using second = new GoogLeNet({ numClasses: 5 });
  using seeded = new GoogLeNet({ numClasses: 5, seed: 3 });
  const expected = await seeded.stateDict();
  expect(differing(await first.stateDict(), expected)).toBe(0);
  expect(differing(await second.stateDict(), expected)).toBeGreaterThan(1_000_000);
  // Masks of equal seeds are equal, of running generators not.
  const masks = async () => {
    manualSeed(11);
    return Promise.all([logits(first), logits(first)]);
  };
  await logits(first);
  const [[a, b]] = [await masks()];
  expect(a).not.toEqual(b);
});

test('a saved model is the same after loading, with its classes and in evaluation mode', async () => {
  using model = new GoogLeNet({ numClasses: 3, auxLogits: false, seed: 4, classes: ['cat', 'dog', 'eel'] });
  await model.forward(noise(2));
  await model.save(folder('model.safetensors'));
  using again = await GoogLeNet.load(folder('model.safetensors'));
  expect(again).toMatchObject({
    numClasses: 3,
    auxLogits: false,
    classes: ['cat', 'dog', 'eel'],
    training: false,
  });
  expect(differing(await again.stateDict(), await model.stateDict())).toBe(0);
  expect(await logits(again)).toEqual(await logits(model.eval()));
});

test('loadStateDict without strict takes what fits and says what differs', async () => {
  using model = new GoogLeNet({ numClasses: 3, auxLogits: false });
  using full = new GoogLeNet({ numClasses: 3 });
  const state = await full.stateDict();
  await expect(model.loadStateDict(state)).rejects.toMatchObject({ code: 'WEIGHTS_MISMATCH' });
  const { missing, unexpected, mismatched } = await model.loadStateDict(state, { strict: false });
  expect([missing.length, unexpected.length, mismatched.length]).toEqual([0, 12, 0]);
  expect((await model.stateDict())['fc.weight']).toEqual(state['fc.weight']);
});

test('channels-last differs from PyTorch’s own format by rounding only, in forward and in training', async () => {
  setNumThreads(2);
  using a = new GoogLeNet({ numClasses: 5, seed: 1, channelsLast: false });
  using b = new GoogLeNet({ numClasses: 5, seed: 1, channelsLast: true });
  const steps = await Promise.all([a, b].map((model) => new Trainer(model).step(noise(4), [0, 1, 2, 3])));
  expect(Math.abs((steps[0]?.loss ?? 0) / (steps[1]?.loss ?? 1) - 1)).toBeLessThan(1e-5);
  const [x, y] = await Promise.all([logits(a.eval()), logits(b.eval())]);
  x.forEach((value, i) => {
    expect(Math.abs(value - (y[i] ?? Number.NaN))).toBeLessThan(1e-3);
  });
});

test('evaluate leaves mode, weights and statistics as they were', async () => {
  using model = new GoogLeNet({ numClasses: 5, seed: 1 });
  const trainer = new Trainer(model);
  const before = await model.stateDict();
  const [a, b] = [await trainer.evaluate(noise(2), [0, 1]), await trainer.evaluate(noise(2), [0, 1])];
  expect(a).toEqual(b);
  expect(model.training).toBe(true);
  expect(differing(await model.stateDict(), before)).toBe(0);
});

test('a model has as many classes as names, unless it is told how many', () => {
  using named = new GoogLeNet({ classes: ['cat', 'dog', 'fox'], auxLogits: false });
  expect(named.numClasses).toBe(3);
  expect(() => new GoogLeNet({ classes: ['cat'], numClasses: 2 })).toThrow(
    expect.objectContaining(errorWith('INVALID_ARGUMENT', 'an array of 2 names')),
  );
  expect(() => new GoogLeNet({ classes: [] })).toThrow(
    expect.objectContaining(errorWith('INVALID_ARGUMENT', 'an array of 1000 names')),
  );
});
