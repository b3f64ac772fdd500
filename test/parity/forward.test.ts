import { tensorNamed } from '../support/bits.js';
import { Parity, THREADS } from './harness.js';
import { build, snakeCase } from './options.js';
import { allBatches, comparePasses, heads, smallBatches } from './passes.js';

const parity = Parity.use();

describe.each([1, THREADS])('with %i threads', (threads) => {
  beforeEach(() => {
    parity.threads = threads;
  });

  test('all three heads give PyTorch’s logits in both modes at batch 1, 7 and 32', async () => {
    const options = { numClasses: 10, auxLogits: true, initWeights: true };
    await comparePasses(parity, 'three heads', options, allBatches);
  });

  test('a model without auxiliary heads gives PyTorch’s logits', async () => {
    await comparePasses(parity, 'no aux', { numClasses: 1000, auxLogits: false }, smallBatches);
  });
});

test('channelsLast gives the logits of PyTorch in that memory format', async () => {
  const options = { numClasses: 10, auxLogits: true, initWeights: true, channelsLast: true };
  await comparePasses(parity, 'channelsLast', options, smallBatches);
});

test('the dropout rates that are asked for are the ones drawn', async () => {
  const options = { numClasses: 10, auxLogits: true, initWeights: true, dropout: 0.2, dropoutAux: 0.5 };
  await comparePasses(parity, 'dropout 0.2 and 0.5', options, smallBatches.slice(0, 1));
});

test('bytes are scaled and normalized as torchvision does', async () => {
  const options = { numClasses: 10, auxLogits: true, initWeights: true };
  const { tensors } = await parity.ask('forward_bytes', {
    seed: 31,
    options: snakeCase(options),
    batch: 4,
    input_seed: 32,
  });
  const model = parity.own(build(options, 31)).eval();
  const { images: _, ...theirs } = tensors;
  const { data, shape } = tensorNamed('images', tensors);
  const ours = await model.forward({ data: data as Uint8Array, shape });
  parity.expectBitEqual('forward, three heads, from bytes', heads(ours), theirs);
});
