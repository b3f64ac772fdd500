import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import type { Images } from '../core/tensor.js';
import { integer, readOptions, path as readPath, signal as readSignal } from '../core/validation.js';
import {
  type Classification,
  type ClassifyOptions,
  type ImageInput,
  LOADING_OPTIONS,
  loadImages,
  topK,
} from '../inference/classify.js';
import { readImages } from '../inference/image-batch.js';
import { assertInputSize, type InputSizes } from '../inference/input-size.js';
import type { Logits } from '../models/image-classifier.js';
import type { NativeClassifier, NativeEngine, NativeKernelEngine } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import {
  type CallOptions,
  CallQueue,
  type Pending,
  PREPROCESSED,
  type QueuedCall,
  readCallOptions,
} from '../native/call-queue.js';
import { loadAddon } from '../native/load.js';
import { loadEngineAddon } from '../native/load-engine.js';
import { calibrate, lower } from './lower.js';
import {
  ENGINE_OPTIONS,
  type EngineBackend,
  type EnginePrecision,
  type LoadEngineOptions,
  type ResolvedOptions,
  readEngineOptions,
  readOptimizeOptions,
} from './options.js';
import { damaged, loadPlan, type Plan, type PlanModel, planOf, savePlan, toNative } from './plan.js';

/** Longer than the pause between two requests of a busy service; models keep freed memory for as long. */
const KEEP_MEMORY_MS = 10_000;

/** Images between two looks at what else waits. */
const PROFILED_AT_ONCE = 10;

function median(numbers: number[]): number {
  const sorted = numbers.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

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
  /** Memory for the maps of one image; an engine on libtorch has none of its own. */
  arenaBytes: number;
}

/** A finished model that only infers, as fast as this machine can: made by `model.optimize()` or loaded from a plan. */
export class Engine {
  readonly precision: EnginePrecision;
  readonly backend: EngineBackend;
  readonly threads: number;
  readonly maxBatch: number;
  readonly numClasses: number;
  /** Names of the classes, where they are known. */
  readonly classes: readonly string[] | undefined;
  /** Sides of images that `forward` takes. */
  readonly inputSizes: InputSizes;
  /** How many heads have logits: 1, or 3 with the auxiliary ones. */
  readonly heads: number;
  readonly #native: NativeEngine;
  readonly #plan: Plan | undefined;
  readonly #calls: CallQueue;
  #disposed = false;

  private constructor(native: NativeEngine, plan: Plan, options: ResolvedOptions, keepsPlan: boolean) {
    const { model, network } = plan;
    this.#native = native;
    this.#plan = keepsPlan ? plan : undefined;
    this.#calls = new CallQueue(options.maxQueue);
    this.precision = network.precision;
    this.backend = options.backend;
    this.threads = options.threads;
    this.maxBatch = options.maxBatch;
    this.numClasses = model.numClasses;
    this.classes = model.classes;
    this.inputSizes = model.inputSizes;
    this.heads = network.heads.length;
  }

  static async #start(plan: Plan, options: ResolvedOptions, keepsPlan: boolean): Promise<Engine> {
    const usesLibtorch = options.backend === 'libtorch';
    const { backend: instructionSet, ...rest } = options;
    const nativeOptions = { ...toNative(plan), ...rest, instructionSet, keepMemoryMs: KEEP_MEMORY_MS };
    const native = callSync(() =>
      usesLibtorch
        ? new (loadAddon().LibtorchEngine)(nativeOptions)
        : new (loadEngineAddon().Engine)(nativeOptions),
    );
    try {
      await call(() => native.ready());
      return new Engine(native, plan, options, keepsPlan);
    } catch (error) {
      native.dispose();
      throw error;
    }
  }

  /**
   * For `model.optimize()`.
   * @internal
   */
  static async of(native: NativeClassifier, model: PlanModel, value: unknown): Promise<Engine> {
    const { precision, outputs, calibration, options } = readOptimizeOptions(value);
    const allHeads = outputs === 'all';
    const amax = calibration && (await calibrate(native, model, allHeads, calibration));
    const frozen = await lower(native, { precision, allHeads, ...(amax && { amax }) });
    return Engine.#start(planOf(frozen, model), options, true);
  }

  /**
   * An engine from a file of `save()`, without the model. Only the backend `libtorch` needs libtorch.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_WEIGHTS`, `UNSUPPORTED`, `ADDON_NOT_BUILT`,
   * `ABORTED`
   */
  static async load(path: string, options: LoadEngineOptions = {}): Promise<Engine> {
    const { signal: abort, ...own } = readOptions('options', options, ['signal', ...ENGINE_OPTIONS]);
    const signal = readSignal('signal', abort);
    const plan = await loadPlan(readPath('path', path), signal);
    throwIfAborted(signal, `Loading ${path}`);
    const resolved = readEngineOptions(own, plan.network.precision);
    try {
      return await Engine.#start(plan, resolved, false);
    } catch (error) {
      // No image has been given: it is the network through which none fits.
      const isPlan = error instanceof GoogLeNetError && /^INVALID_(ARGUMENT|SHAPE)$/.test(error.code);
      throw isPlan ? damaged(path, error.message) : error;
    }
  }

  /** Calls with images that are not answered yet; `maxQueue` bounds them. */
  get pending(): Pending {
    return this.#calls.pending;
  }

  #queue<T>(queued: Omit<QueuedCall, 'cancel'>, start: (id: number) => Promise<T>): Promise<T> {
    return this.#calls.run({ ...queued, cancel: (options) => this.#native.cancel(options) }, start);
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  get #usable(): NativeEngine {
    if (!this.#disposed) return this.#native;
    throw new GoogLeNetError('DISPOSED', 'This Engine was disposed. Make or load a new one.');
  }

  /**
   * Logits of a batch, as those of the model in evaluation mode, within what the precision allows. All NaN for an image with NaN or
   * infinity. Calls at the same time are gathered into one batch. The array may be reused at once.
   * @param images `Float32Array` `[n, 3, h, w]`, or bytes `[n, h, w, 3]`, with sides in `inputSizes`.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `DISPOSED`, `ABORTED`, `OVERLOADED`, `OUT_OF_MEMORY`
   */
  async forward(images: Images, options: CallOptions = {}): Promise<Logits> {
    const native = this.#usable;
    const signal = readCallOptions(options);
    const { count, bytes, ...batch } = readImages(images, this.inputSizes);
    const queued = { images: count, bytes, signal };
    return toLogits(await this.#queue(queued, (id) => native.forward({ ...batch, id })));
  }

  /**
   * What is in an image, with the published preprocessing, which needs libtorch.
   * @param source a path, an encoded image, or RGB bytes `{ data, width, height }`.
   * @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND`; as `forward`
   */
  async classify(source: ImageInput, options: ClassifyOptions = {}): Promise<Classification[]> {
    const { topK: k = 5, ...loading } = readOptions('options', options, ['topK', ...LOADING_OPTIONS]);
    const count = integer('topK', k, 1);
    const signal = readSignal('signal', loading.signal);
    const native = this.#usable;
    // Before anything is decoded, so that what waits for that is bounded too.
    const [main] = await this.#queue({ ...PREPROCESSED, signal }, async (id) => {
      const {
        count: _,
        bytes: __,
        ...batch
      } = readImages(await loadImages([source], loading as ClassifyOptions), this.inputSizes);
      throwIfAborted(signal, 'The call');
      return native.forward({ ...batch, id });
    });
    return topK(main.data, count, this.classes);
  }

  /**
   * What the engine does for one image, step by step.
   * @param options sides of the image in pixels, default 224.
   * @throws GoogLeNetError `INVALID_SHAPE`, `DISPOSED`
   */
  async describe(options: { height?: number; width?: number } = {}): Promise<EngineDescription> {
    const { height = 224, width = 224 } = readOptions('options', options, ['height', 'width']);
    const native = this.#usable;
    const sides = { height: integer('height', height, 1), width: integer('width', width, 1) };
    assertInputSize(sides.height, sides.width, this.inputSizes);
    const { steps, arenaBytes } = await call(() => native.describe(sides));
    const sum = (of: (step: EngineStep) => number) => steps.reduce((all, step) => all + of(step), 0);
    const { precision, backend, threads, maxBatch } = this;
    return {
      precision,
      backend,
      threads,
      maxBatch,
      steps,
      multiplyAdds: sum((step) => step.multiplyAdds),
      weightBytes: sum((step) => step.weightBytes),
      arenaBytes,
    };
  }

  /**
   * How long each step of `describe` takes one thread, from running whole images of that size on the engine's thread. Calls that are
   * made meanwhile wait for at most ten of them.
   * @param options sides of the image in pixels, default 224; `runs`, default 30, of which each step's median is taken.
   * @returns microseconds, step by step.
   * @throws GoogLeNetError `UNSUPPORTED` for the backend `libtorch`; as `describe`
   */
  async profile(options: { height?: number; width?: number; runs?: number } = {}): Promise<number[]> {
    const {
      height = 224,
      width = 224,
      runs = 30,
    } = readOptions('options', options, ['height', 'width', 'runs']);
    const native: Partial<NativeKernelEngine> = this.#usable;
    const count = integer('runs', runs, 1, 10_000);
    const sides = { height: integer('height', height, 1), width: integer('width', width, 1) };
    assertInputSize(sides.height, sides.width, this.inputSizes);
    if (!native.profile)
      throw new GoogLeNetError(
        'UNSUPPORTED',
        'An engine of the backend libtorch has no steps of its own to time. Choose another backend.',
      );
    const turns: Float64Array[] = [];
    for (let left = count; left > 0; left -= PROFILED_AT_ONCE) {
      const wanted = { ...sides, runs: Math.min(left, PROFILED_AT_ONCE) };
      turns.push(await call(async () => (this.#usable as NativeKernelEngine).profile(wanted)));
    }
    return [...(turns[0] ?? [])].map((_, step) => median(turns.map((times) => times[step] ?? Number.NaN)));
  }

  /**
   * Writes the plan: layers, weights and names of classes, for any backend of any machine. The file appears whole or not at all.
   * @throws GoogLeNetError `FILE_NOT_FOUND` (no such folder), `FILE_ERROR`, `DISPOSED`; `UNSUPPORTED` for an engine from a file: copy that
   */
  async save(path: string): Promise<void> {
    void this.#usable;
    if (!this.#plan) {
      const message = 'This engine came from a file and keeps no second copy of its weights. Copy that file.';
      throw new GoogLeNetError('UNSUPPORTED', message);
    }
    await savePlan(readPath('path', path), this.#plan);
  }

  /** Frees the engine's memory after the work that is queued; later calls fail with `DISPOSED`. Calling it again does nothing. */
  dispose(): void {
    this.#disposed = true;
    // An image that is still decoded has no work queued yet.
    this.#calls.afterAll(() => this.#native.dispose());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Takes no more calls, waits until every `forward` and `classify` that was called before has its answer, and disposes. */
  async close(): Promise<void> {
    this.#disposed = true;
    await this.#calls.empty();
    this.#native.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function toLogits([main, aux1, aux2]: Awaited<ReturnType<NativeEngine['forward']>>): Logits {
  return aux1 && aux2 ? [main, aux1, aux2] : [main, null, null];
}
