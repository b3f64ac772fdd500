/** The other networks, each against a twin in Python or torchvision's own class. */
import { IMAGENET1K_V1 } from '../../src/hub/published.js';
import {
  convertWeights,
  GoogLeNet,
  IMAGENET_MEAN,
  IMAGENET_STD,
  InceptionModule,
  labels,
  loadModel,
  NaiveInceptionModule,
} from '../../src/index.js';
import { float32, tensorNamed, under } from '../support/bits.js';
import { Parity } from './harness.js';
import { build, type ModelOptions, snakeCase } from './options.js';
import { comparePasses, heads, type Pass } from './passes.js';
import { compareRuns, sgd } from './runs.js';

const parity = Parity.use();

const passes: Pass[] = [
  { train: true, batch: 3, seed: 11 },
  { train: false, batch: 1, seed: 12 },
  { train: false, batch: 2, seed: 13 },
];

const NETWORKS: [name: string, options: ModelOptions][] = [
  ['torchvision', { network: 'torchvision', numClasses: 1000, auxLogits: true, initWeights: true }],
  [
    'torchvision without aux, transformed input',
    { network: 'torchvision', numClasses: 10, auxLogits: false, transformInput: true, initWeights: false },
  ],
  ['paper', { network: 'paper', numClasses: 10, auxLogits: true, initWeights: true }],
  ['paper without aux', { network: 'paper', numClasses: 1000, auxLogits: false }],
  ['plain', { network: 'plain', numClasses: 10, auxLogits: true, initWeights: true }],
  ['plain without aux', { network: 'plain', numClasses: 1000, auxLogits: false }],
  ['Xception', { network: 'xception', numClasses: 1000 }],
  ['Xception, ReLU between', { network: 'xception', numClasses: 10, reluBetween: true, initWeights: true }],
  ['extreme Inception', { network: 'xception', numClasses: 10, order: 'pointwise-first' }],
  [
    'extreme Inception, ReLU between',
    { network: 'xception', numClasses: 10, order: 'pointwise-first', reluBetween: true },
  ],
];

test.each(NETWORKS)('%s has the initial weights of its counterpart', async (name, options) => {
  const model = parity.own(build(options, 61));
  const { tensors, facts } = await parity.ask('init', { seed: 61, options: snakeCase(options) });
  parity.expectBitEqual(`initial weights, ${name}`, await model.stateDict(), under('state', tensors));
  expect(model.parameters).toBe(facts.parameters);
});

test.each(NETWORKS)('%s has the logits of its counterpart in both modes', async (name, options) => {
  await comparePasses(parity, name, options, passes);
});

test.each(NETWORKS.filter(([name]) => !name.includes('without')))(
  '%s trains as its counterpart: 20 steps',
  async (name, options) => {
    const model = { ...options, numClasses: 10, initWeights: true };
    await compareRuns(parity, `20 steps, ${name}`, { ...sgd, model, steps: 20, batch: 3 });
  },
);

test('the naive module has PyTorch’s weights and output, and its pool is not projected', async () => {
  const channels = [6, 3, 7, 5];
  const [inChannels = 0, ch1x1 = 0, ch3x3 = 0, ch5x5 = 0] = channels;
  const module = parity.own(new NaiveInceptionModule({ inChannels, ch1x1, ch3x3, ch5x5, seed: 41 }));
  const shape = [2, 6, 9, 11];
  const { tensors } = await parity.ask('naive_inception', { seed: 41, channels, shape, input_seed: 42 });
  const output = await module.forward(float32('input', tensors));
  expect(output.shape).toEqual([2, 3 + 7 + 5 + 6, 9, 11]);
  parity.expectBitEqual(
    'naive Inception module alone',
    { ...(await module.stateDict()), output },
    { ...under('state', tensors), output: tensorNamed('output', tensors) },
  );
});

test('a module that gives its pool projection gives the last channels of its output', async () => {
  const channels = {
    inChannels: 4,
    ch1x1: 1,
    ch3x3Reduce: 2,
    ch3x3: 3,
    ch5x5Reduce: 2,
    ch5x5: 2,
    poolProj: 5,
  };
  const module = parity.own(new InceptionModule({ ...channels, seed: 1 }));
  const input = {
    data: Float32Array.from({ length: 4 * 6 * 6 }, (_, i) => Math.sin(i)),
    shape: [1, 4, 6, 6],
  };
  const { output, pull } = await module.forwardAndPull(input);
  expect(output.shape).toEqual([1, 11, 6, 6]);
  expect(pull.shape).toEqual([1, 5, 6, 6]);
  expect(pull.data).toEqual(output.data.slice(6 * 36));
});

test('the published weights are those that torchvision names, with its classes and preprocessing', async () => {
  const { facts } = await parity.ask('published', {});
  const { baseUrl, file, sha256, top1, top5 } = IMAGENET1K_V1;
  expect(facts).toEqual({
    url: `${baseUrl}/${file}`,
    classes: labels.imagenet1k,
    parameters: 6_624_904,
    accuracy: [top1, top5],
    preprocessing: [256, 224, ...IMAGENET_MEAN, ...IMAGENET_STD],
  });
  expect(file).toContain(sha256);
});

test('the published sizes hold', () => {
  const sizes: [ModelOptions, number][] = [
    [{ network: 'torchvision', numClasses: 1000, auxLogits: true }, 13_004_888],
    [{ network: 'torchvision', numClasses: 1000, auxLogits: false }, 6_624_904],
    [{ network: 'xception', numClasses: 1000 }, 22_855_952],
  ];
  for (const [options, parameters] of sizes) {
    expect(parity.own(build(options, 0)).parameters).toBe(parameters);
  }
});

test.each(NETWORKS.filter(([, { initWeights }]) => initWeights))(
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

describe.each([
  ['reference', { numClasses: 10, auxLogits: true }],
  ['torchvision', { network: 'torchvision', numClasses: 10, auxLogits: true, initWeights: true }],
] as [string, ModelOptions][])('files of torch.save, %s', (name, options) => {
  const ways = [
    ...[
      'zip',
      'legacy',
      'legacy, protocol 4',
      'checkpoint',
      'lightning',
      'views',
      'one buffer',
      'without counters',
    ],
    ...['float16', 'bfloat16', 'float64'],
  ];
  test.each(ways)('written by Python as %s give its logits here', async (how) => {
    const path = parity.python.path('theirs.pth');
    const asked = { path, seed: 73, options: snakeCase(options), batch: 2, input_seed: 74, how };
    const { tensors } = await parity.ask('save_weights', asked);
    const loaded = parity.own(await loadModel(path));
    expect(loaded).toBeInstanceOf(GoogLeNet);
    parity.expectAllBitEqual(`saved by torch.save (${how}), loaded by us, ${name}`, [
      ['weights', await loaded.stateDict(), under('state', tensors)],
      ['logits', heads(await loaded.forward(float32('images', tensors))), under('logits', tensors)],
    ]);
  });
});
