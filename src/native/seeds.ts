import { randomBytes } from 'node:crypto';
import { seed as readSeed } from '../core/validation.js';

/** Something with random numbers of its own. */
export interface Seedable {
  manualSeed(seed: number | bigint): unknown;
}

const live = new Set<WeakRef<Seedable>>();
const forget = new FinalizationRegistry<WeakRef<Seedable>>((ref) => live.delete(ref));

/** Models that `manualSeed` reaches. Held weakly: seeding must not keep a forgotten model in memory. */
export function registerSeedable(seedable: Seedable): void {
  const ref = new WeakRef(seedable);
  live.add(ref);
  forget.register(seedable, ref);
}

let nextSeed: bigint | undefined;

/**
 * Seeds every live model and the models to come (`torch.manual_seed`). Each model draws from its own generator, so that models
 * which run at the same time still give the same numbers in every run. In a program with one model the numbers are Python's;
 * models constructed after the first one get the seeds `seed + 1`, `seed + 2`, …
 * @param seed an integer in [0, 2^64).
 * @throws GoogLeNetError `INVALID_ARGUMENT`
 */
export function manualSeed(seed: number | bigint): void {
  nextSeed = readSeed('seed', seed);
  for (const ref of live) ref.deref()?.manualSeed(nextSeed);
}

/** The seed of a model that was given none. */
export function takeSeed(): bigint {
  if (nextSeed === undefined) return randomBytes(8).readBigUInt64LE();
  const taken = nextSeed;
  nextSeed = BigInt.asUintN(64, nextSeed + 1n);
  return taken;
}
