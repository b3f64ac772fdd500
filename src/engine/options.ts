import { usableCpus } from '../core/cpu-quota.js';
import { GoogLeNetError } from '../core/errors.js';
import type { Images } from '../core/tensor.js';
import { boolean, integer, invalid, oneOf, readOptions } from '../core/validation.js';
import { type MaxQueue, readMaxQueue } from '../native/call-queue.js';
import { loadEngineAddon } from '../native/load-engine.js';

/** The type that an engine computes with. Logits are always float32. */
export type EnginePrecision = 'float32' | 'bfloat16' | 'int8';

/** Groups of instructions of x86 processors, or libtorch's own operations, which run everywhere. */
export type EngineBackend = 'amx' | 'avx512' | 'avx2' | 'libtorch';

/** How an engine runs, which may differ from machine to machine. What it computes does not. */
export interface EngineOptions {
  /** Default the fastest of this machine that computes the precision. */
  backend?: EngineBackend | 'auto';
  /** Cores that work on an image or batch. Default all that this process may use, by its affinity and the quota of its control group. */
  threads?: number;
  /** Images that are gathered into one batch while the engine is busy. Default 32. */
  maxBatch?: number;
  /**
   * Winograd convolutions where they are faster: F(4×4, 3×3), F(2×4, 3×3), F(2×2, 5×5), and F(4, 4) along the rows of the first,
   * 7×7, one; in float32, by kernels of our own. Default true; without, logits are a few bits closer to the model's.
   */
  winograd?: boolean;
  /** What may wait; beyond it calls fail with `OVERLOADED`. */
  maxQueue?: MaxQueue;
}

export interface LoadEngineOptions extends EngineOptions {
  /** Ends with the error `ABORTED`; looked at first and while the file is read. */
  signal?: AbortSignal;
}

export interface OptimizeOptions extends EngineOptions {
  /** Default `float32`. */
  precision?: EnginePrecision;
  /** Whether the engine has the auxiliary logits too, where the model has them in evaluation mode. Default `main`. */
  outputs?: 'main' | 'all';
  /**
   * For `int8`, and needed there: a few hundred images like those that the engine will see. Their activation ranges (amax) become the
   * ranges of int8.
   */
  calibration?: Calibration;
}

/** Batches of images. */
export type Calibration = Images | Iterable<Images> | AsyncIterable<Images>;

export const ENGINE_OPTIONS = ['backend', 'threads', 'maxBatch', 'winograd', 'maxQueue'] as const;
const PRECISIONS = ['float32', 'bfloat16', 'int8'] as const;

/** The best first. */
const BACKENDS: Readonly<Record<EnginePrecision, readonly EngineBackend[]>> = {
  float32: ['avx512', 'avx2', 'libtorch'],
  bfloat16: ['amx', 'avx512', 'libtorch'],
  int8: ['amx', 'avx512'],
};

export interface ResolvedOptions {
  backend: EngineBackend;
  threads: number;
  maxBatch: number;
  winograd: boolean;
  maxQueue: Required<MaxQueue>;
}

export function readOptimizeOptions(options: unknown): {
  precision: EnginePrecision;
  outputs: 'main' | 'all';
  calibration: Calibration | undefined;
  options: ResolvedOptions;
} {
  const {
    precision = 'float32',
    outputs = 'main',
    calibration,
    ...rest
  } = readOptions('options', options, ['precision', 'outputs', 'calibration', ...ENGINE_OPTIONS]);
  const chosen = oneOf('precision', precision, PRECISIONS);
  if ((calibration === undefined) === (chosen === 'int8'))
    throw invalid(
      'calibration',
      chosen === 'int8' ? 'batches of images' : 'undefined, except for int8',
      calibration,
    );
  return {
    precision: chosen,
    outputs: oneOf('outputs', outputs, ['main', 'all']),
    calibration: calibration as Calibration | undefined,
    options: readEngineOptions(rest, chosen),
  };
}

/** @throws GoogLeNetError `INVALID_ARGUMENT`; `UNSUPPORTED` for a backend that the machine or the precision does not have */
export function readEngineOptions(options: unknown, precision: EnginePrecision): ResolvedOptions {
  const {
    backend = 'auto',
    threads = usableCpus(),
    maxBatch = 32,
    winograd = true,
    maxQueue,
  } = readOptions('options', options, ENGINE_OPTIONS);
  const chosen = oneOf('backend', backend, ['auto', 'amx', 'avx512', 'avx2', 'libtorch']);
  return {
    backend: resolveBackend(chosen, precision),
    threads: integer('threads', threads, 1, 256),
    maxBatch: integer('maxBatch', maxBatch, 1, 65_536),
    winograd: boolean('winograd', winograd),
    maxQueue: readMaxQueue(maxQueue),
  };
}

function resolveBackend(chosen: EngineBackend | 'auto', precision: EnginePrecision): EngineBackend {
  const own = BACKENDS[precision];
  if (chosen !== 'auto' && !own.includes(chosen)) {
    const message = `The backend '${chosen}' does not compute in ${precision}. Backends that do: ${own.join(', ')}.`;
    throw new GoogLeNetError('UNSUPPORTED', message);
  }
  const native = loadEngineAddon().instructionSets(precision);
  const available = own.filter((backend) => backend === 'libtorch' || native.includes(backend));
  const [best] = available;
  if (!best) {
    // Only int8 has no backend on libtorch; by avx512 it needs VNNI too.
    const message = `This machine has no instructions for ${precision}, which needs ${own.join(', or ')} with VNNI. Choose another precision.`;
    throw new GoogLeNetError('UNSUPPORTED', message);
  }
  if (chosen === 'auto') return best;
  if (!available.includes(chosen)) {
    const message = `This machine cannot compute in ${precision} by the backend '${chosen}'. It can by ${available.join(', ')}.`;
    throw new GoogLeNetError('UNSUPPORTED', message);
  }
  return chosen;
}
