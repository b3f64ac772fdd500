import { onAbort, unlessAborted } from '../core/abort.js';
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { integer, readOptions, signal as readSignal } from '../core/validation.js';
import { fromNative } from './call.js';

/** How much may wait for a model or engine. */
export interface MaxQueue {
  /** Images of all calls that are not answered. Default 1024. */
  images?: number;
  /** Memory of their copies. Default 64 MiB: 445 images of 224×224 pixels as bytes, or 111 as floats. */
  bytes?: number;
}

/** Calls that are not answered yet, the one that is computed among them. */
export interface Pending {
  calls: number;
  images: number;
  bytes: number;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readMaxQueue(value: unknown): Required<MaxQueue> {
  const { images = 1024, bytes = 64 * 2 ** 20 } = readOptions('maxQueue', value, ['images', 'bytes']);
  return { images: integer('maxQueue.images', images, 1), bytes: integer('maxQueue.bytes', bytes, 1) };
}

/** What messages call it. */
const CALL = 'The call';

/** Options of one call. */
export interface CallOptions {
  /**
   * Checked first. The call ends with the error `ABORTED` at once: a waiting call leaves the queue, an engine stops computing it, and a
   * model finishes it without a reader.
   */
  signal?: AbortSignal | undefined;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `ABORTED` */
export function readCallOptions(options: unknown): AbortSignal | undefined {
  const signal = readSignal('signal', readOptions('options', options, ['signal']).signal);
  throwIfAborted(signal, CALL);
  return signal;
}

/** What a call brings, and how it ends early. */
export interface QueuedCall {
  images: number;
  bytes: number;
  signal: AbortSignal | undefined;
  /** Takes a native call out of the queue. Needed where there is a signal. */
  cancel?: (options: { id: number }) => void;
}

/** What `classify` queues: an image as the published preprocessing leaves it. */
export const PREPROCESSED = { images: 1, bytes: 224 * 224 * 3 } as const;

/** The calls of one model or engine, bounded in number and memory. */
export class CallQueue {
  readonly limit: Readonly<Required<MaxQueue>>;
  readonly #always: number;
  readonly #pending: Pending = { calls: 0, images: 0, bytes: 0 };
  #lastId = 0;
  #onEmpty: (() => void)[] = [];

  /** @param always how many calls are taken however large they are. */
  constructor(limit: Required<MaxQueue>, always = 1) {
    this.limit = limit;
    this.#always = always;
  }

  get pending(): Pending {
    return { ...this.#pending };
  }

  /**
   * @param start given the id by which the native call can be cancelled; 0 where nobody can.
   * @throws GoogLeNetError `OVERLOADED`, `ABORTED`
   */
  async run<T>(queued: QueuedCall, start: (id: number) => Promise<T>): Promise<T> {
    const { signal, cancel } = queued;
    throwIfAborted(signal, CALL);
    this.#admit(queued);
    // Most calls have no signal, and each promise between a call and its answer takes a microsecond.
    if (signal === undefined) return await this.#answer(queued, start, 0);
    const id = ++this.#lastId;
    // Within the answer: listening to a signal of another library may throw, and the call must not stay counted then.
    const listening = async () => {
      const release = onAbort(signal, () => cancel?.({ id }));
      try {
        return await start(id);
      } finally {
        release();
      }
    };
    return unlessAborted(this.#answer(queued, listening, id), signal, CALL);
  }

  async #answer<T>(queued: QueuedCall, start: (id: number) => Promise<T>, id: number): Promise<T> {
    try {
      return await start(id);
    } catch (error) {
      throw fromNative(error);
    } finally {
      this.#leave(queued);
    }
  }

  /** Settles when every call is answered. */
  empty(): Promise<void> {
    if (this.#pending.calls === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** Calls `end` when every call is answered: at once where none waits. */
  afterAll(end: () => void): void {
    if (this.#pending.calls === 0) end();
    else void this.empty().then(end);
  }

  #admit({ images, bytes }: QueuedCall): void {
    const pending = this.#pending;
    const { limit } = this;
    const fits = pending.images + images <= limit.images && pending.bytes + bytes <= limit.bytes;
    if (pending.calls >= this.#always && !fits) {
      const waiting = `${pending.calls} calls with ${pending.images} images (${pending.bytes} bytes)`;
      const most = `${limit.images} images and ${limit.bytes} bytes`;
      const advice = 'Wait for answers before you call again, or raise maxQueue';
      throw new GoogLeNetError('OVERLOADED', `${waiting} wait already, of at most ${most}. ${advice}.`);
    }
    pending.calls += 1;
    pending.images += images;
    pending.bytes += bytes;
  }

  #leave({ images, bytes }: QueuedCall): void {
    const pending = this.#pending;
    pending.calls -= 1;
    pending.images -= images;
    pending.bytes -= bytes;
    if (pending.calls > 0) return;
    // The caller of the last call gets its answer first.
    for (const resolve of this.#onEmpty.splice(0)) setImmediate(resolve);
  }
}
