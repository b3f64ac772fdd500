import { boolean, readOptions } from '../core/validation.js';
import type { NativeBackends } from './binding-types.js';
import { callSync } from './call.js';
import { loadAddon } from './load.js';

type Switch = Exclude<keyof NativeBackends, 'deterministicAlgorithms' | 'deterministicWarnOnly'>;

const read = (): NativeBackends => callSync(() => loadAddon().backends());
/** @internal All switches as they are now. */
export const currentBackends = (): NativeBackends => read();
const write = (wanted: Partial<NativeBackends>): void =>
  callSync(() => loadAddon().setBackends({ ...read(), ...wanted }));

const get = (name: Switch): boolean => read()[name];
const set = (name: Switch, path: string, value: unknown): void => write({ [name]: boolean(path, value) });

/**
 * Switches of the libraries that compute on CUDA devices, for all models of the process: `torch.backends`. They take effect for work
 * that begins later, and on the CPU change nothing.
 */
export const backends = {
  cudnn: {
    /** Tries the algorithms of a convolution on the first batch of a shape, and keeps the fastest. Default false. */
    get benchmark(): boolean {
      return get('cudnnBenchmark');
    },
    set benchmark(value: boolean) {
      set('cudnnBenchmark', 'backends.cudnn.benchmark', value);
    },
    /** Only algorithms of cuDNN that give the same bits in each run. Default false. */
    get deterministic(): boolean {
      return get('cudnnDeterministic');
    },
    set deterministic(value: boolean) {
      set('cudnnDeterministic', 'backends.cudnn.deterministic', value);
    },
    /** fp32 convolutions in TF32, with 10 bits of mantissa: faster from Ampere on. Default true, as in PyTorch. */
    get allowTf32(): boolean {
      return get('cudnnAllowTf32');
    },
    set allowTf32(value: boolean) {
      set('cudnnAllowTf32', 'backends.cudnn.allowTf32', value);
    },
  },
  cuda: {
    matmul: {
      /** The same for matrix products, here the classifiers. Default false, as in PyTorch. */
      get allowTf32(): boolean {
        return get('matmulAllowTf32');
      },
      set allowTf32(value: boolean) {
        set('matmulAllowTf32', 'backends.cuda.matmul.allowTf32', value);
      },
    },
  },
};

/**
 * `torch.use_deterministic_algorithms`: operations give the same bits in each run, or fail with `LIBTORCH_ERROR` where libtorch has no
 * such form of them. On CUDA the backward passes of max-pooling have none: train with `warnOnly`, and expect the last bits to differ.
 * cuBLAS needs `CUBLAS_WORKSPACE_CONFIG` in the environment, which is set to `:4096:8` here unless it is there.
 * @param options `warnOnly` (default false): print a warning instead of failing.
 * @throws GoogLeNetError `INVALID_ARGUMENT`
 */
export function useDeterministicAlgorithms(mode: boolean, options: { warnOnly?: boolean } = {}): void {
  const { warnOnly = false } = readOptions('options', options, ['warnOnly']);
  const deterministicAlgorithms = boolean('mode', mode);
  const deterministicWarnOnly = boolean('warnOnly', warnOnly);
  if (deterministicAlgorithms) process.env.CUBLAS_WORKSPACE_CONFIG ??= ':4096:8';
  write({ deterministicAlgorithms, deterministicWarnOnly });
}
