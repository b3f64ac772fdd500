/** Runs tasks in the order given, at most `size` at a time. */
export class Limiter {
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #free: number;
  #stopped = false;

  constructor(size: number) {
    this.#free = size;
  }

  /** Rejects if the limiter is stopped before the task's turn. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((start) => this.#waiting.push(start));
    if (this.#stopped) throw new Error('stopped before its turn');
    const running = task();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
      // The place goes straight to the next in line: a newcomer cannot slip in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  /** Starts nothing any more; resolves when the tasks under way have settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const start of this.#waiting.splice(0)) start();
    await Promise.allSettled(this.#running);
  }
}
