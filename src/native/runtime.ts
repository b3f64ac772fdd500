import { randomBytes } from 'node:crypto';
import { integer, device as readDevice, seed as readSeed } from '../core/validation.js';
import type { Device } from '../models/module.js';
import { call, callSync } from './call.js';
import { loadAddon } from './load.js';

export interface LibtorchInfo {
  /** Version of the libtorch in use, e.g. `2.13.0`. */
  version: string;
  /** The instruction set that its kernels use, e.g. `AVX512`. */
  cpuCapability: string;
  cuda: {
    /** This libtorch was built with CUDA. */
    built: boolean;
    available: boolean;
    /** Why CUDA cannot be used; empty when it can. */
    reason: string;
  };
  /** `computeCapability`: `8.0` is Ampere, from which on GPUs compute in bfloat16. */
  devices: { device: string; name: string; memoryBytes: number; computeCapability: string }[];
}

/** What this package runs on. On a CUDA build the first call opens libtorch's CUDA library (a quarter of a second). */
export function libtorch(): LibtorchInfo {
  const addon = loadAddon();
  const { version, cpuCapability } = addon.libtorch();
  const { built, available, reason, devices } = addon.cuda();
  return {
    version,
    cpuCapability,
    cuda: { built, available, reason },
    devices: devices.map(({ index, ...rest }) => ({ device: `cuda:${index}`, ...rest })),
  };
}

/**
 * Does, off the JS thread, what the first use of a CUDA device in a process takes: opening libtorch's CUDA library, finding the
 * devices and beginning to use this one, some tenths of a second together. `load` and `pretrained` do it by themselves; a constructor,
 * which cannot wait, does it on the JS thread unless this has been awaited before.
 * @returns the device that will be used, `cpu` or `cuda:N`.
 * @throws GoogLeNetError `CUDA_UNAVAILABLE`, `INVALID_ARGUMENT`
 */
export async function prepareDevice(device: Device): Promise<string> {
  const wish = readDevice('device', device);
  return wish === 'cpu' ? wish : call(() => loadAddon().prepareDevice({ device: wish }));
}

/**
 * Sets how many threads one model computes with, for all models of the process (`torch.set_num_threads`).
 * @throws GoogLeNetError `INVALID_ARGUMENT`
 */
export function setNumThreads(threads: number): void {
  integer('threads', threads, 1, 1024);
  callSync(() => loadAddon().setNumThreads({ threads }));
}

export function getNumThreads(): number {
  return callSync(() => loadAddon().numThreads());
}

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
