import { GoogLeNetError } from '../core/errors.js';
import { isUint8Array } from '../core/validation.js';
import type { StreamDataset, StreamSample } from './stream-dataset.js';

/** What a stream has handed out, undecoded. */
export interface Arrival {
  /** How many came before. */
  readonly index: number;
  readonly sample: StreamSample;
}

type AnyIterator = AsyncIterator<StreamSample> | Iterator<StreamSample>;

/** Reads a stream for one epoch, whatever it does: everything it does wrong is an error of ours, and it is closed when it is left. */
export class StreamReader {
  readonly #source: StreamDataset;
  readonly #epoch: number;
  /** Null before it is open, and from when it needs no closing any more. */
  #iterator: AnyIterator | null = null;
  /** The call of the stream that is under way. */
  #calling: Promise<unknown> | null = null;
  #closed = false;

  constructor(source: StreamDataset, epoch: number) {
    this.#source = source;
    this.#epoch = epoch;
  }

  /** @throws GoogLeNetError `INVALID_DATASET` where the stream fails, ends before its length or has no samples. */
  async *arrivals(): AsyncGenerator<Arrival, void> {
    const { length } = this.#source;
    const iterator = await this.#open();
    for (let index = 0; length === null || index < length; index++) {
      if (this.#closed) return;
      const { value, done } = await this.#pull(iterator, index);
      if (!done) yield { index, sample: this.#checkSample(value, index) };
      else if (this.#closed) return;
      else if (length !== null)
        throw this.#broken(`ended after ${index} samples, but its length is ${length}`);
      else if (index === 0) throw this.#broken('has no samples');
      else return;
    }
  }

  /** @param wait whether to wait for a call of the stream that is under way. */
  async close(wait: boolean): Promise<void> {
    this.#closed = true;
    const calling = this.#calling;
    // At once, not behind the call under way: it may be what makes a source that waits for something give up.
    const returned = this.#return();
    returned.catch(() => undefined);
    if (!wait && calling) return;
    await Promise.allSettled([calling]);
    await returned;
  }

  async #return(): Promise<void> {
    const iterator = this.#iterator;
    this.#iterator = null;
    try {
      await iterator?.return?.();
    } catch (error) {
      throw this.#failed('could not be closed', error);
    }
  }

  async #open(): Promise<AnyIterator> {
    // In an object, because a promise of a thenable would be a promise of something else.
    const { iterator } = await this.#call('could not be opened', async () => {
      const opened = Object(await this.#source.open(this.#epoch)) as Partial<
        AsyncIterable<StreamSample> & Iterable<StreamSample>
      >;
      return { iterator: opened[Symbol.asyncIterator]?.() ?? opened[Symbol.iterator]?.() };
    });
    if (typeof iterator?.next !== 'function')
      throw this.#broken('is not iterable: open() must return an iterable');
    this.#iterator = iterator;
    if (this.#closed) await this.#return();
    return iterator;
  }

  async #pull(iterator: AnyIterator, index: number): Promise<IteratorResult<StreamSample>> {
    const next = async () => iterator.next();
    const result = await this.#call(`failed at sample ${index}`, next).catch((error) => {
      // What has thrown or ended is closed already.
      this.#iterator = null;
      throw error;
    });
    if (typeof result !== 'object' || result === null)
      throw this.#broken(`gave no iterator result at sample ${index}`);
    if (result.done) this.#iterator = null;
    return result;
  }

  async #call<T>(what: string, work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#calling = running;
    try {
      return await running;
    } catch (error) {
      throw this.#failed(what, error);
    } finally {
      this.#calling = null;
    }
  }

  #checkSample(value: StreamSample, index: number): StreamSample {
    const { image, name } = Object(value) as StreamSample;
    const isPixels = typeof image === 'object' && image !== null && 'data' in image;
    const isImage = isPixels || isUint8Array(image) || (typeof image === 'string' && image !== '');
    if (!isImage) throw this.#broken(`gave a sample ${index} whose image is no pixels, bytes or path`);
    if (name !== undefined && typeof name !== 'string')
      throw this.#broken(`gave a sample ${index} whose name is no string`);
    return value;
  }

  #broken(what: string, options?: ErrorOptions): GoogLeNetError {
    return new GoogLeNetError('INVALID_DATASET', `The stream of epoch ${this.#epoch} ${what}.`, options);
  }

  #failed(what: string, cause: unknown): Error {
    if (cause instanceof GoogLeNetError) return cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    return this.#broken(`${what}: ${why}`, { cause });
  }
}
