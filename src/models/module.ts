import { GoogLeNetError } from '../core/errors.js';
import { boolean, device as readDevice, readOptions, seed as readSeed } from '../core/validation.js';
import type { NativeModule } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import {
  CallQueue,
  type MaxQueue,
  type Pending,
  type QueuedCall,
  readMaxQueue,
} from '../native/call-queue.js';
import { loadAddon } from '../native/load.js';
import { registerSeedable, type Seedable, takeSeed } from '../native/runtime.js';
import type { Difference, StateDict } from '../weights/state-dict.js';
import { loadStateDict, readTensors } from '../weights/weights.js';

/** Where a module computes. `auto` is the first CUDA device, or the CPU where there is none. */
export type Device = 'cpu' | 'cuda' | `cuda:${number}` | 'auto';

export type InitMethod = 'none' | 'default' | 'xavier' | 'truncated-normal';

/** Options every module has, resolved. */
export interface ModulePlace {
  device: string;
  seed: bigint;
  maxQueue: Required<MaxQueue>;
}

export function readPlace(options: { device?: unknown; seed?: unknown; maxQueue?: unknown }): ModulePlace {
  const wish = readDevice('device', options.device ?? 'cpu');
  return {
    device: callSync(() => loadAddon().resolveDevice({ device: wish })),
    seed: options.seed === undefined ? takeSeed() : readSeed('seed', options.seed),
    maxQueue: readMaxQueue(options.maxQueue),
  };
}

/**
 * What every model and block has: tensors with names, a mode, random numbers, an end of life. Work runs on the module's own
 * thread in the order of the calls, so `train()`, `eval()` and `manualSeed()` take effect for the calls that follow them.
 */
export abstract class Module implements Seedable {
  /** `cpu` or `cuda:N`. */
  readonly device: string;
  /** The seed this module started from. */
  readonly seed: bigint;
  /** How many numbers can be trained. */
  readonly parameters: number;
  readonly #native: NativeModule;
  readonly #calls: CallQueue;
  #training = true;
  #disposed = false;
  #failure: Error | undefined;

  /** @internal */
  protected constructor(native: NativeModule, { device, seed, maxQueue }: ModulePlace) {
    this.#native = native;
    this.#calls = new CallQueue(maxQueue);
    this.device = device;
    this.seed = seed;
    this.parameters = callSync(() => native.parameterCount());
    registerSeedable(this);
  }

  /**
   * The native handle, for those who may use it; subclasses say which one it is.
   * @throws GoogLeNetError `DISPOSED`
   * @internal
   */
  protected get native(): NativeModule {
    if (this.#disposed) {
      throw new GoogLeNetError(
        'DISPOSED',
        `This ${this.constructor.name} was disposed. Create or load a new one.`,
      );
    }
    if (this.#failure) throw this.#failure;
    return this.#native;
  }

  /** How many images, and how much memory of their copies, may wait. */
  get maxQueue(): Readonly<Required<MaxQueue>> {
    return this.#calls.limit;
  }

  /** Calls with images that are not answered yet; `maxQueue` bounds them. */
  get pending(): Pending {
    return this.#calls.pending;
  }

  /**
   * A call with images.
   * @throws GoogLeNetError `OVERLOADED`, `ABORTED`
   * @internal
   */
  protected queue<T>(queued: Omit<QueuedCall, 'cancel'>, start: (id: number) => Promise<T>): Promise<T> {
    return this.#calls.run({ ...queued, cancel: (options) => this.#native.cancel(options) }, start);
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** True in training mode, the mode of a new module as in PyTorch: dropout is active, BatchNorm uses the batch's statistics. */
  get training(): boolean {
    return this.#training;
  }

  train(mode = true): this {
    boolean('mode', mode);
    const { native } = this;
    this.#training = mode;
    this.#enqueue(() => native.setTraining({ training: mode }));
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Seeds this module's own random numbers, which draw its dropout masks. */
  manualSeed(seed: number | bigint): this {
    const value = readSeed('seed', seed);
    if (this.#disposed) return this;
    this.#enqueue(() => this.#native.manualSeed({ seed: value }));
    return this;
  }

  /**
   * Copies of all parameters and buffers.
   * @throws GoogLeNetError `DISPOSED`
   */
  async stateDict(): Promise<StateDict> {
    const { native } = this;
    return readTensors(native.tensors(), (copy) => native.snapshot(copy));
  }

  /**
   * Sets parameters and buffers; all of them or, after an error, none. The arrays must not change until the promise settles, and
   * calls made before that may still see the old numbers.
   * @param options `strict` (default true) fails where names are missing or unexpected.
   * @returns the names that differ.
   * @throws GoogLeNetError `WEIGHTS_MISMATCH`, `INVALID_DTYPE`, `INVALID_SHAPE`, `DISPOSED`
   */
  async loadStateDict(state: StateDict, options: { strict?: boolean } = {}): Promise<Difference> {
    const { strict = true } = readOptions('options', options, ['strict']);
    return loadStateDict(this.native, state, { strict: boolean('strict', strict) });
  }

  /** @internal */
  protected initialize(method: InitMethod): void {
    this.#enqueue(() => this.#native.initialize({ method }));
  }

  /** Frees the module's memory after the work that is queued; later calls fail with `DISPOSED`. Calling it again does nothing. */
  dispose(): void {
    this.#disposed = true;
    // An image that is still decoded has no work queued yet.
    this.#calls.afterAll(() => this.#native.dispose());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Takes no more calls, waits until every call with images that was made before has its answer, and disposes. Others of several parts, as
   * `loadStateDict` and `optimize` with calibration, end with `DISPOSED` unless they are awaited first.
   */
  async close(): Promise<void> {
    this.#disposed = true;
    await this.#calls.empty();
    this.#native.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Starts work that nobody awaits. It can only fail for lack of memory; every later call then fails with the same error. */
  #enqueue(start: () => Promise<void>): void {
    call(start).catch((error: Error) => {
      this.#failure = error;
    });
  }
}
