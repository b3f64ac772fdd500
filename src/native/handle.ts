import { GoogLeNetError } from '../core/errors.js';
import { CallQueue, type MaxQueue, type Pending, type QueuedCall } from './call-queue.js';

/**
 * What the addon's objects have that own memory and threads.
 * @internal
 */
export interface NativeObject {
  /** Frees the memory after the work that is queued; calling it again does nothing. */
  dispose(): void;
  /** Takes a call that waits out of the queue. */
  cancel?(options: { id: number }): void;
}

/**
 * Owns an object of the addon: the queue of its calls and its end of life. `dispose()` frees the memory after the work that is queued,
 * `close()` also waits for it, and every later call fails with `DISPOSED`.
 */
export abstract class Handle {
  readonly #native: NativeObject;
  readonly #calls: CallQueue;
  #disposed = false;

  /** @param alwaysAdmitted how many calls are taken however large they are. @internal */
  protected constructor(native: NativeObject, maxQueue: Required<MaxQueue>, alwaysAdmitted = 1) {
    this.#native = native;
    this.#calls = new CallQueue(maxQueue, alwaysAdmitted);
  }

  /**
   * The native object, for those who may use it; subclasses say which one it is.
   * @throws GoogLeNetError `DISPOSED`
   * @internal
   */
  protected get native(): NativeObject {
    if (!this.#disposed) return this.#native;
    throw new GoogLeNetError(
      'DISPOSED',
      `This ${this.constructor.name} was disposed. Create or load a new one.`,
    );
  }

  /** How many images, and how much memory of their copies, may wait. */
  get maxQueue(): Readonly<Required<MaxQueue>> {
    return this.#calls.limit;
  }

  /** Calls with images that are not answered yet; `maxQueue` bounds them. */
  get pending(): Pending {
    return this.#calls.pending;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * Runs a call with images, which a signal can cancel.
   * @throws GoogLeNetError `OVERLOADED`, `ABORTED`
   * @internal
   */
  protected queue<T>(queued: Omit<QueuedCall, 'cancel'>, start: (id: number) => Promise<T>): Promise<T> {
    return this.#calls.run({ ...queued, cancel: (options) => this.#native.cancel?.(options) }, start);
  }

  /** Frees the memory after the work that is queued; later calls fail with `DISPOSED`. Calling it again does nothing. */
  dispose(): void {
    this.#disposed = true;
    // An image that is still being decoded has queued no work yet.
    this.#calls.afterAll(() => this.#native.dispose());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Takes no more calls, waits until every call with images that was made before has its answer, and disposes. Calls that consist of
   * several parts, such as `loadStateDict` and `optimize` with calibration, end with `DISPOSED` unless they are awaited first.
   */
  async close(): Promise<void> {
    this.#disposed = true;
    await this.#calls.empty();
    this.#native.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
