import { boolean, device as readDevice, readOptions, seed as readSeed } from '../core/validation.js';
import type { NativeModule } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import { type MaxQueue, readMaxQueue } from '../native/call-queue.js';
import { Handle } from '../native/handle.js';
import { loadAddon } from '../native/load.js';
import { registerSeedable, type Seedable, takeSeed } from '../native/seeds.js';
import { readTensors } from '../weights/layout.js';
import { loadStateDict } from '../weights/load.js';
import type { Difference, StateDict } from '../weights/state-dict.js';

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
export abstract class Module extends Handle implements Seedable {
  /** `cpu` or `cuda:N`. */
  readonly device: string;
  /** The seed this module started from. */
  readonly seed: bigint;
  /** How many values can be trained. */
  readonly parameters: number;
  #training = true;
  #failure: Error | undefined;

  /** @internal */
  protected constructor(native: NativeModule, { device, seed, maxQueue }: ModulePlace) {
    super(native, maxQueue);
    this.device = device;
    this.seed = seed;
    this.parameters = callSync(() => native.parameterCount());
    registerSeedable(this);
  }

  /**
   * The native handle, for those who may use it; subclasses say which one it is.
   * @throws GoogLeNetError `DISPOSED`, or why work that nobody awaits has failed
   * @internal
   */
  protected override get native(): NativeModule {
    const native = super.native as NativeModule;
    if (this.#failure) throw this.#failure;
    return native;
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
    if (this.disposed) return this;
    const native = super.native as NativeModule;
    this.#enqueue(() => native.manualSeed({ seed: value }));
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
   * calls made before that may still see the old values.
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
    const native = super.native as NativeModule;
    this.#enqueue(() => native.initialize({ method }));
  }

  /** Starts work that nobody awaits. It can only fail for lack of memory; every later call then fails with the same error. */
  #enqueue(start: () => Promise<void>): void {
    call(start).catch((error: Error) => {
      this.#failure = error;
    });
  }
}
