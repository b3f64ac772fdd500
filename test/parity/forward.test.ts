import { GoogLeNet, type Tensor } from '../../src/index.js';
import { float32, type NamedTensors, tensorNamed, under } from '../support/bits.js';
import { Parity, THREADS } from './harness.js';
import { type ModelOptions, snakeCase } from './options.js';

const parity = Parity.use();

interface Pass {
  train: boolean;
  batch: number;
  /** Of the generator that draws the dropout masks. */
  seed: number;
}

// Training passes come first and in between, so that evaluation reads running statistics that have moved.
const allBatches: Pass[] = [
  { train: true, batch: 7, seed: 11 },
  { train: false, batch: 1, seed: 12 },
  { train: true, batch: 32, seed: 13 },
  { train: false, batch: 7, seed: 14 },
  { train: true, batch: 1, seed: 15 },
  { train: false, batch: 32, seed: 16 },
];
const smallBatches = allBatches.filter((pass) => pass.batch < 32);

function heads([main, aux1, aux2]: [Tensor, Tensor | null, Tensor | null]): NamedTensors {
  return { main, ...(aux1 === null ? {} : { aux1 }), ...(aux2 === null ? {} : { aux2 }) };
}

async function comparePasses(name: string, options: ModelOptions, passes: Pass[]): Promise<void> {
  const seed = 21;
  const model = parity.own(new GoogLeNet({ ...options, seed, device: 'cpu' }));
  const { tensors } = await parity.ask('forward', {
    seed,
    options: snakeCase(options),
    passes,
    input_seed: 22,
  });
  const checks: [string, NamedTensors, NamedTensors][] = [];
  for (const [index, { train, batch, seed }] of passes.entries()) {
    const { images: _, ...theirs } = under(String(index), tensors);
    if (train) model.train();
    else model.eval();
    model.manualSeed(seed);
    const ours = heads(await model.forward(float32(`${index}.images`, tensors)));
    checks.push([`${train ? 'train' : 'eval'} mode, batch ${batch}`, ours, theirs]);
  }
  checks.push(['state afterwards', await model.stateDict(), under('state', tensors)]);
  parity.expectAllBitEqual(`forward, ${name}`, checks);
}

describe.each([1, THREADS])('with %i threads', (threads) => {
  beforeEach(() => {
    parity.threads = threads;
  });

  test('all three heads give PyTorch’s logits in both modes at batch 1, 7 and 32', async () => {
    const options = { numClasses: 10, auxLogits: true, initWeights: true };
    await comparePasses('three heads', options, allBatches);
  });

  test('a model without auxiliary heads gives PyTorch’s logits', async () => {
    await comparePasses('no aux', { numClasses: 1000, auxLogits: false }, smallBatches);
  });
});

test('channelsLast gives the logits of PyTorch in that memory format', async () => {
  const options = { numClasses: 10, auxLogits: true, initWeights: true, channelsLast: true };
  await comparePasses('channelsLast', options, smallBatches);
});

test('the dropout rates that are asked for are the ones drawn', async () => {
  const options = { numClasses: 10, auxLogits: true, initWeights: true, dropout: 0.2, dropoutAux: 0.5 };
  await comparePasses('dropout 0.2 and 0.5', options, smallBatches.slice(0, 1));
});

test('bytes are scaled and normalised as torchvision does', async () => {
  const options = { numClasses: 10, auxLogits: true, initWeights: true };
  const { tensors } = await parity.ask('forward_bytes', {
    seed: 31,
    options: snakeCase(options),
    batch: 4,
    input_seed: 32,
  });
  const model = parity.own(new GoogLeNet({ ...options, seed: 31, device: 'cpu' })).eval();
  const { images: _, ...theirs } = tensors;
  const { data, shape } = tensorNamed('images', tensors);
  const ours = await model.forward({ data: data as Uint8Array, shape });
  parity.expectBitEqual('forward, three heads, from bytes', heads(ours), theirs);
});
