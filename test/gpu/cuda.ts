/** What every test on a GPU needs. */
import { type GoogLeNetOptions, type Images, libtorch, type StateDict } from '../../src/index.js';
import { compareBits } from '../support/bits.js';
import { describeWhere } from '../support/skip.js';

const { available, reason } = libtorch().cuda;

/** `describe` where there is a CUDA device; elsewhere the tests are skipped and `npm test` says why. */
export const describeOnCuda = describeWhere(available, reason);

/**
 * How far logits on CUDA may be from those on the CPU, as a share of the largest. Both sides compute in fp32 (see
 * global-setup.ts), but cuDNN adds up the terms of a convolution, up to 4800 of them, in an order of its own, and there are 22
 * layers. Two orders of addition on the CPU, those of its two memory formats, are 1e-6 apart; TF32 would be about 1e-3.
 */
export const CLOSE = 1e-4;

/**
 * The same for losses after a few steps. The backward passes of convolutions and of overlapping max-pools add with atomic
 * operations, in another order on every run, so not even two runs on one GPU have equal bits, and each step starts from what the
 * last one left. The CPU's memory formats are 2e-5 apart after two steps; other dropout masks 5e-2 and more.
 */
export const CLOSE_LOSSES = 1e-3;

/**
 * The same for all gradients together. Where two inputs of a max-pool or of a ReLU are nearly equal, rounding decides which way
 * the gradient goes: the CPU's memory formats are 2e-3 apart.
 */
export const CLOSE_GRADIENTS = 3e-2;

export const MODEL: GoogLeNetOptions = { numClasses: 10, initWeights: true, channelsLast: false, seed: 7 };

/** Noise, the brighter the higher the number of the image. */
export function noise(count: number): Images {
  const pixels = 224 * 224 * 3;
  const data = new Uint8Array(count * pixels);
  for (let i = 0; i < data.length; i++) {
    const share = Math.floor(i / pixels) / count;
    data[i] = Math.floor(192 * share) + (Math.imul(i + 1, 2_654_435_761) >>> 26);
  }
  return { data, shape: [count, 224, 224, 3] };
}

/** Distance of two lists of numbers, as a share of the largest of the second. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  let largest = 0;
  let apart = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    // A NaN stays.
    apart = Math.max(apart, Math.abs(a - b));
    largest = Math.max(largest, Math.abs(b));
  }
  return apart / largest;
}

/** Euclidean distance of all numbers of two state dicts, as a share of the second one's length. */
export function distanceOfStates(actual: StateDict, expected: StateDict): number {
  let apart = 0;
  let length = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    const other = actual[name]?.data ?? [];
    for (let i = 0; i < data.length; i++) {
      const [a, b] = [Number(other[i] ?? Number.NaN), Number(data[i])];
      apart += (a - b) ** 2;
      length += b ** 2;
    }
  }
  return Math.sqrt(apart / length);
}

export function expectSameBits(actual: StateDict, expected: StateDict): void {
  expect(compareBits(actual, expected)).toMatchObject({ differing: 0 });
}
