import { InceptionModule } from '../../src/index.js';
import { float32, tensorNamed, under } from '../support/bits.js';
import { Parity } from './harness.js';

const parity = Parity.use();

test.each([
  { name: '3a', channels: [192, 64, 96, 128, 16, 32, 32], shape: [2, 192, 28, 28] },
  { name: '4d', channels: [512, 112, 144, 288, 32, 64, 64], shape: [1, 512, 14, 14] },
  { name: '5b', channels: [832, 384, 192, 384, 48, 128, 128], shape: [3, 832, 7, 7] },
  { name: 'odd sizes', channels: [5, 3, 7, 11, 1, 9, 13], shape: [3, 5, 17, 9] },
  { name: 'one pixel', channels: [3, 1, 1, 1, 1, 1, 1], shape: [1, 3, 1, 1] },
])('an Inception module alone has PyTorch’s weights and output: $name', async ({ name, channels, shape }) => {
  const [inChannels = 0, ch1x1 = 0, ch3x3Reduce = 0, ch3x3 = 0, ch5x5Reduce = 0, ch5x5 = 0, poolProj = 0] =
    channels;
  const seed = 41;
  const module = parity.own(
    new InceptionModule({ inChannels, ch1x1, ch3x3Reduce, ch3x3, ch5x5Reduce, ch5x5, poolProj, seed }),
  );
  const { tensors } = await parity.ask('inception', { seed, channels, shape, input_seed: 42 });
  const ours = { ...(await module.stateDict()), output: await module.forward(float32('input', tensors)) };
  const theirs = { ...under('state', tensors), output: tensorNamed('output', tensors) };
  parity.expectBitEqual(`Inception module alone, ${name}`, ours, theirs);
});
