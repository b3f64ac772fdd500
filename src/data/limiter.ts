import { onAbort } from '../core/abort.js';
import { GoogLeNetError } from '../core/errors.js';

/** Runs tasks in the order given, at most `size` at a time. */
export class Limiter {
  readonly #waiting = new Set<() => void>();
  readonly #running = new Set<Promise<unknown>>();
  #free: number;
  #stopped = false;

  constructor(size: number) {
    this.#free = size;
  }

  /** Rejects if the limiter is stopped, or the signal aborts, before the task starts; a task that has started checks the signal itself. */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      if (this.#stopped) throw new Error('stopped before its turn');
      const running = task();
      this.#running.add(running);
      return await running.finally(() => this.#running.delete(running));
    } finally {
      // The slot goes straight to the next in line, so no newcomer can take it.
      const [next] = this.#waiting;
      if (next) next();
      else this.#free++;
    }
  }

  /** Waits in line; an aborted signal leaves it. */
  async #turn(signal: AbortSignal | undefined): Promise<void> {
    let release = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        const start = () => {
          this.#waiting.delete(start);
          resolve();
        };
        const abort = () => {
          // The signal came together with the slot, which is taken: the task will check the signal.
          if (!this.#waiting.delete(start)) return;
          reject(new GoogLeNetError('ABORTED', 'Waiting for a turn was aborted.', { cause: signal?.reason }));
        };
        this.#waiting.add(start);
        if (signal?.aborted) abort();
        else release = onAbort(signal, abort);
      });
    } finally {
      release();
    }
  }

  /** Starts no more tasks; resolves when those under way have settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const start of [...this.#waiting]) start();
    await Promise.allSettled(this.#running);
  }
}
