import { GoogLeNet, manualSeed } from '../../src/index.js';
import { under } from '../support/bits.js';
import { Parity } from './harness.js';
import { AS_PYTHON, build, type ModelOptions, snakeCase } from './options.js';

const parity = Parity.use();

const cases: (ModelOptions & { seed: number })[] = [
  { seed: 0, numClasses: 1000, auxLogits: true },
  { seed: 1, numClasses: 1000, auxLogits: false },
  { seed: 123_456_789_012, numClasses: 10, auxLogits: true },
];

function described({ numClasses, auxLogits = true }: ModelOptions): string {
  return `${numClasses} classes, ${auxLogits ? 'with' : 'without'} aux`;
}

test.each(cases)(
  'seed $seed draws the initial weights that PyTorch draws: $numClasses classes, aux $auxLogits',
  async ({ seed, ...options }) => {
    const model = parity.own(build(options, seed));
    const { tensors, facts } = await parity.ask('init', { seed, options: snakeCase(options) });
    const check = `initial weights, default, ${described(options)}, seed ${seed}`;
    parity.expectBitEqual(check, await model.stateDict(), under('state', tensors));
    expect(model.parameters).toBe(facts.parameters);
  },
);

test.each(cases)(
  'initWeights with seed $seed draws PyTorch’s Xavier weights: $numClasses classes, aux $auxLogits',
  async ({ seed, ...rest }) => {
    const options = { ...rest, initWeights: true };
    const model = parity.own(build(options, seed));
    const { tensors } = await parity.ask('init', { seed, options: snakeCase(options) });
    const check = `initial weights, Xavier, ${described(options)}, seed ${seed}`;
    parity.expectBitEqual(check, await model.stateDict(), under('state', tensors));
  },
);

test('manualSeed before a model is built stands for torch.manual_seed', async () => {
  const [seed, options] = [7, { numClasses: 10, auxLogits: false }];
  manualSeed(seed);
  const model = parity.own(new GoogLeNet({ ...AS_PYTHON, ...options }));
  const { tensors } = await parity.ask('init', { seed, options: snakeCase(options) });
  parity.expectBitEqual('initial weights after manualSeed', await model.stateDict(), under('state', tensors));
});

test('the published sizes hold: 13,378,792 parameters with auxiliary heads and 6,999,064 without', () => {
  for (const [auxLogits, parameters] of [
    [true, 13_378_792],
    [false, 6_999_064],
  ] as const) {
    const model = parity.own(build({ numClasses: 1000, auxLogits }, 0));
    expect(model.parameters).toBe(parameters);
  }
});
