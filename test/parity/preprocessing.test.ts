import { preprocess } from '../../src/index.js';
import { type NamedTensors, tensorNamed } from '../support/bits.js';
import { Parity } from './harness.js';

const parity = Parity.use();

/** [kind, height, width]. 341 and 373 put the crop's start at half a pixel, which Python rounds to even. */
const images: [string, number, number][] = [
  ['noise', 256, 256],
  ['noise', 224, 224],
  ['noise', 28, 28],
  ['gray', 28, 28],
  ['smooth', 28, 28],
  ['noise', 1, 1],
  ['noise', 333, 500],
  ['noise', 500, 375],
  ['smooth', 375, 500],
  ['smooth', 1024, 777],
  ['gray', 481, 641],
  ['noise', 256, 341],
  ['noise', 373, 256],
  ['noise', 100, 1500],
  ['noise', 1500, 100],
];

test('resizing with antialias and cropping give PyTorch’s bytes for small, large, odd, tall and wide images', async () => {
  const { tensors, facts } = await parity.ask('preprocess', {
    images,
    resize: 256,
    crop: 224,
    input_seed: 61,
  });
  const ours: Record<string, NamedTensors[string]> = {};
  const theirs: Record<string, NamedTensors[string]> = {};
  const sources = images.map((_, index) => {
    const { data, shape } = tensorNamed(`image.${index}`, tensors);
    return { data: data as Uint8Array, height: shape[0] ?? 0, width: shape[1] ?? 0 };
  });
  const cropped = await preprocess(sources, { resize: 256, crop: 224 });
  expect(cropped.shape).toEqual([images.length, 224, 224, 3]);
  const length = 224 * 224 * 3;
  for (const [index, [kind, height, width]] of images.entries()) {
    const name = `${kind} ${height}×${width}`;
    ours[name] = { data: cropped.data.slice(index * length, (index + 1) * length), shape: [224, 224, 3] };
    theirs[name] = tensorNamed(`cropped.${index}`, tensors);
  }
  parity.expectBitEqual('preprocessing, bytes after resize and crop', ours, theirs);

  // The operators that the reference is written in.
  const real = facts.torchvision as { tensors: number; values: number; mismatches: number };
  const check = 'preprocessing, the reference against torchvision itself';
  parity.record(check, { ...real, differing: real.mismatches, maxUlp: 0 });
  expect(real.mismatches).toBe(0);
});
