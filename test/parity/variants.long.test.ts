/** The other architectures in both modes, in training and in files, each against a twin in Python or torchvision's own class. */
import { convertWeights, GoogLeNet, loadModel } from '../../src/index.js';
import { float32, under } from '../support/bits.js';
import { ARCHITECTURES } from './architectures.js';
import { Parity } from './harness.js';
import { AS_PYTHON, build, type ModelOptions, snakeCase } from './options.js';
import { comparePasses, heads, type Pass } from './passes.js';
import { compareRuns, sgd } from './runs.js';

const parity = Parity.use();

const passes: Pass[] = [
  { train: true, batch: 3, seed: 11 },
  { train: false, batch: 1, seed: 12 },
  { train: false, batch: 2, seed: 13 },
];

test.each(ARCHITECTURES)('%s has the logits of its counterpart in both modes', async (name, options) => {
  await comparePasses(parity, name, options, passes);
});

test.each(ARCHITECTURES.filter(([name]) => !name.includes('without')))(
  '%s trains as its counterpart: five steps',
  async (name, options) => {
    const model = { ...options, numClasses: 10, initWeights: true };
    // The first step has no momentum yet, and statistics of BatchNorm move in all of them; what decays the learning rate knows no network.
    await compareRuns(parity, `5 steps, ${name}`, { ...sgd, model, steps: 5, batch: 3 });
  },
);

test.each(ARCHITECTURES.filter(([, { initWeights }]) => initWeights))(
  '%s written as .pth is read by torch.load, and has our logits there',
  async (name, options) => {
    const model = parity.own(build({ ...options, numClasses: 10 }, 71));
    const [from, path] = [parity.python.path('ours.safetensors'), parity.python.path('ours.pth')];
    await model.save(from);
    await convertWeights(from, path);
    const asked = { path, options: snakeCase({ ...options, numClasses: 10 }), batch: 2, input_seed: 72 };
    const { tensors } = await parity.ask('load_weights', asked);
    model.eval();
    parity.expectAllBitEqual(`saved as .pth by us, loaded by torch.load, ${name}`, [
      ['weights', await model.stateDict(), under('state', tensors)],
      ['logits', heads(await model.forward(float32('images', tensors))), under('logits', tensors)],
    ]);
  },
);

/** How a file is made is known before the names in it are, so the second network has the two formats only. */
const FORMATS = ['zip', 'legacy'];
const LAYOUTS = ['legacy, protocol 4', 'checkpoint', 'lightning', 'views', 'one buffer', 'without counters'];
const DTYPES = ['float16', 'bfloat16', 'float64'];

describe.each([
  ['reference', { numClasses: 10, auxLogits: true }, FORMATS],
  [
    'torchvision',
    { architecture: 'torchvision', numClasses: 10, auxLogits: true, initWeights: true },
    [...FORMATS, ...LAYOUTS, ...DTYPES],
  ],
] as [string, ModelOptions, string[]][])('files of torch.save, %s', (name, options, ways) => {
  test.each(ways)('written by Python as %s give its logits here', async (how) => {
    const path = parity.python.path('theirs.pth');
    const asked = { path, seed: 73, options: snakeCase(options), batch: 2, input_seed: 74, how };
    const { tensors } = await parity.ask('save_weights', asked);
    const loaded = parity.own(await loadModel(path, AS_PYTHON));
    expect(loaded).toBeInstanceOf(GoogLeNet);
    parity.expectAllBitEqual(`saved by torch.save (${how}), loaded by us, ${name}`, [
      ['weights', await loaded.stateDict(), under('state', tensors)],
      ['logits', heads(await loaded.forward(float32('images', tensors))), under('logits', tensors)],
    ]);
  });
});
