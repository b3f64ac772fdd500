import { GoogLeNetError } from '../errors.js';

/** Runs tasks in the order given, at most `size` at a time. */
export class Limiter {
  readonly #waiting = new Set<() => void>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #watched = new WeakMap<AbortSignal, Set<() => void>>();
  #free: number;
  #stopped = false;

  constructor(size: number) {
    this.#free = size;
  }

  /** Rejects if the limiter is stopped or the signal comes before the task's turn; a task that has begun looks at the signal itself. */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      if (this.#stopped) throw new Error('stopped before its turn');
      const running = task();
      this.#running.add(running);
      return await running.finally(() => this.#running.delete(running));
    } finally {
      // The place goes straight to the next in line: a newcomer cannot slip in between.
      const [next] = this.#waiting;
      if (next) next();
      else this.#free++;
    }
  }

  /** Waits in line, which a signal leaves. */
  async #turn(signal: AbortSignal | undefined): Promise<void> {
    let start = () => {};
    let abort = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        start = () => {
          this.#waiting.delete(start);
          resolve();
        };
        abort = () => {
          // Of a signal that comes with the turn: the place is taken, and the task will see to it.
          if (!this.#waiting.delete(start)) return;
          reject(new GoogLeNetError('ABORTED', 'Waiting for a turn was aborted.', { cause: signal?.reason }));
        };
        this.#waiting.add(start);
        if (signal?.aborted) abort();
        else if (signal) this.#watch(signal).add(abort);
      });
    } finally {
      if (signal) this.#watch(signal).delete(abort);
    }
  }

  /** What to do when a signal comes: with one listener, because Node warns of a leak from eleven on. */
  #watch(signal: AbortSignal): Set<() => void> {
    const known = this.#watched.get(signal);
    if (known) return known;
    const waiting = new Set<() => void>();
    this.#watched.set(signal, waiting);
    signal.addEventListener('abort', () => {
      for (const abort of waiting) abort();
    });
    return waiting;
  }

  /** Starts nothing any more; resolves when the tasks under way have settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const start of [...this.#waiting]) start();
    await Promise.allSettled(this.#running);
  }
}
