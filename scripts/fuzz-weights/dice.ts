/** Random choices of one file: the same seed and number give the same file on every machine. */
import { Xoshiro128 } from '../../src/data/sampler.js';

export class Dice {
  readonly #random: Xoshiro128;

  constructor(seed: number, number: number) {
    this.#random = Xoshiro128.seeded(BigInt(seed), number);
  }

  /** An integer in [0, bound). */
  below(bound: number): number {
    return this.#random.below(bound);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** An integer in [1, most], small ones as likely as all large ones together: its logarithm is even. */
  size(most: number): number {
    return Math.min(most, Math.floor(2 ** this.#random.uniform(0, Math.log2(most + 1))));
  }

  /** Numbers at which counts and offsets go wrong, and any between them. */
  extreme(): number {
    return this.once(4) ? this.size(2 ** 32 - 1) : this.pick(EXTREMES);
  }
}

const EXTREMES = [
  ...[0, 1, 2, 3, 4, 8, 63, 64, 65, 255, 256, 65535, 65536, 2 ** 20, 2 ** 20 + 1],
  ...[2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1],
];
