/** The other architectures: initial weights and logits, each against a twin in Python or torchvision's own class. */
import { IMAGENET1K_V1 } from '../../src/hub/published.js';
import {
  IMAGENET_MEAN,
  IMAGENET_STD,
  InceptionModule,
  labels,
  NaiveInceptionModule,
} from '../../src/index.js';
import { float32, tensorNamed, under } from '../support/bits.js';
import { ARCHITECTURES } from './architectures.js';
import { Parity } from './harness.js';
import { build, type ModelOptions, snakeCase } from './options.js';
import { comparePasses } from './passes.js';

const parity = Parity.use();

test.each(ARCHITECTURES)('%s has the initial weights of its counterpart', async (name, options) => {
  const model = parity.own(build(options, 61));
  const { tensors, facts } = await parity.ask('init', { seed: 61, options: snakeCase(options) });
  parity.expectBitEqual(`initial weights, ${name}`, await model.stateDict(), under('state', tensors));
  expect(model.parameters).toBe(facts.parameters);
});

test.each(ARCHITECTURES.filter(([name]) => /^(torchvision|paper|plain|Xception)$/.test(name)))(
  '%s has the logits of its counterpart for one image',
  async (name, options) => {
    await comparePasses(parity, `${name}, one image`, options, [{ train: false, batch: 1, seed: 12 }]);
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
  expect(file).toContain(sha256.slice(0, 8));
});

test('the published sizes hold', () => {
  const sizes: [ModelOptions, number][] = [
    [{ architecture: 'torchvision', numClasses: 1000, auxLogits: true }, 13_004_888],
    [{ architecture: 'torchvision', numClasses: 1000, auxLogits: false }, 6_624_904],
    [{ architecture: 'xception', numClasses: 1000 }, 22_855_952],
  ];
  for (const [options, parameters] of sizes) {
    expect(parity.own(build(options, 0)).parameters).toBe(parameters);
  }
});
