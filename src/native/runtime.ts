import type { Device } from '../core/device.js';
import { integer, device as readDevice } from '../core/validation.js';
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
