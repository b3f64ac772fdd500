/** What an engine does for one image, step by step, and how long each step takes. */
import { GoogLeNetError } from '../core/errors.js';
import { integer, readOptions } from '../core/validation.js';
import { assertInputSize, type InputSizes } from '../inference/input-size.js';
import type { NativeEngine, NativeKernelEngine } from '../native/binding-types.js';
import { call } from '../native/call.js';
import type { EngineBackend, EnginePrecision } from './options.js';

/** One step of an engine. */
export interface EngineStep {
  /** Of the layers, as in the state_dict. */
  name: string;
  /** Backend and type of the kernel. */
  kernel: string;
  /** Steps of one phase run at the same time. */
  phase: number;
  multiplyAdds: number;
  weightBytes: number;
}

/** What an engine does for one image. */
export interface EngineDescription {
  precision: EnginePrecision;
  backend: EngineBackend;
  threads: number;
  maxBatch: number;
  /** In the order of the phases; those of one phase run at the same time. */
  steps: EngineStep[];
  multiplyAdds: number;
  /** Of all weights, as the backend's kernels read them. */
  weightBytes: number;
  /** Memory for one image's feature maps; an engine on libtorch has none of its own. */
  arenaBytes: number;
}

/** Images between two looks at what else waits. */
const PROFILED_AT_ONCE = 10;

function readSize(options: { height?: unknown; width?: unknown }, inputSizes: InputSizes) {
  const { height = 224, width = 224 } = options;
  const size = { height: integer('height', height, 1), width: integer('width', width, 1) };
  assertInputSize(size.height, size.width, inputSizes);
  return size;
}

/**
 * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`
 * @internal
 */
export async function describeSteps(
  native: NativeEngine,
  inputSizes: InputSizes,
  options: unknown,
): Promise<Pick<EngineDescription, 'steps' | 'multiplyAdds' | 'weightBytes' | 'arenaBytes'>> {
  const size = readSize(readOptions('options', options, ['height', 'width']), inputSizes);
  const { steps, arenaBytes } = await call(() => native.describe(size));
  const sum = (key: 'multiplyAdds' | 'weightBytes') => steps.reduce((all, step) => all + step[key], 0);
  return {
    steps,
    multiplyAdds: sum('multiplyAdds'),
    weightBytes: sum('weightBytes'),
    arenaBytes,
  };
}

/**
 * Medians over whole images that run on the engine's thread.
 * @param usable gives the engine, or fails where it was disposed meanwhile.
 * @returns microseconds, step by step.
 * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`, `UNSUPPORTED`, and what `usable` throws
 * @internal
 */
export async function profileSteps(
  usable: () => NativeEngine,
  inputSizes: InputSizes,
  options: unknown,
): Promise<number[]> {
  const { runs = 30, ...rest } = readOptions('options', options, ['height', 'width', 'runs']);
  const native: Partial<NativeKernelEngine> = usable();
  const count = integer('runs', runs, 1, 10_000);
  const size = readSize(rest, inputSizes);
  if (!native.profile) {
    const message =
      'An engine of the backend libtorch has no steps of its own to time. Choose another backend.';
    throw new GoogLeNetError('UNSUPPORTED', message);
  }
  const parts: Float64Array[] = [];
  for (let left = count; left > 0; left -= PROFILED_AT_ONCE) {
    const next = { ...size, runs: Math.min(left, PROFILED_AT_ONCE) };
    parts.push(await call(async () => (usable() as NativeKernelEngine).profile(next)));
  }
  return [...(parts[0] ?? [])].map((_, step) => median(parts.map((times) => times[step] ?? Number.NaN)));
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
