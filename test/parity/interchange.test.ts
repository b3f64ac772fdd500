import { GoogLeNet, type Xception } from '../../src/index.js';
import { float32, type NamedTensors, under } from '../support/bits.js';
import { Parity } from './harness.js';
import { AS_PYTHON, build, snakeCase } from './options.js';

const parity = Parity.use();

const cases = [
  { numClasses: 10, auxLogits: true },
  { numClasses: 1000, auxLogits: false },
];

async function logits(
  model: GoogLeNet | Xception,
  images: { data: Float32Array; shape: number[] },
): Promise<NamedTensors> {
  const [main, aux1, aux2] = await model.eval().forward(images);
  return { main, ...(aux1 && aux2 ? { aux1, aux2 } : {}) };
}

test.each(cases)(
  'Python loads a file that we saved, strictly, and gives our logits: aux $auxLogits',
  async (options) => {
    const path = parity.python.path('ours.safetensors');
    const model = parity.own(build(options, 71));
    await model.save(path);
    const { tensors } = await parity.ask('load_weights', {
      path,
      options: snakeCase(options),
      batch: 2,
      input_seed: 72,
    });
    const ours = await logits(model, float32('images', tensors));
    const theirs = under('logits', tensors);
    const name = `saved by us, loaded by Python, ${options.auxLogits ? 'with' : 'without'} aux`;
    parity.expectAllBitEqual(name, [
      ['weights', await model.stateDict(), under('state', tensors)],
      ['logits', ours, theirs],
    ]);
  },
);

test.each(cases)(
  'we load a file that Python saved, strictly, and give its logits: aux $auxLogits',
  async (options) => {
    const path = parity.python.path('theirs.safetensors');
    const { tensors } = await parity.ask('save_weights', {
      path,
      seed: 73,
      options: snakeCase(options),
      batch: 2,
      input_seed: 74,
    });
    const loaded = parity.own(await GoogLeNet.load(path, AS_PYTHON));
    const ours = await logits(loaded, float32('images', tensors));
    const theirs = under('logits', tensors);
    const name = `saved by Python, loaded by us, ${options.auxLogits ? 'with' : 'without'} aux`;
    parity.expectAllBitEqual(name, [
      ['weights', await loaded.stateDict(), under('state', tensors)],
      ['logits', ours, theirs],
    ]);
  },
);
