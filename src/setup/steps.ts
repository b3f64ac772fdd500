import { printableLine } from '../core/printable.js';
import type { Output } from '../core/terminal.js';

/** Without a terminal a running step speaks up this often. */
const PLAIN_INTERVAL_MS = 10_000;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * Tells what the set-up is doing, one line a step. On a terminal the line of the running step is rewritten in place; elsewhere a
 * step is told when it ends, and now and then while it runs.
 */
export class Steps {
  readonly #out: Output;

  constructor(out: Output) {
    this.#out = out;
  }

  /** A line that is no step: something found, something noted. */
  note(text: string): void {
    this.#out.write(`${text}\n`);
  }

  async step<T>(title: string, work: (update: (text: string) => void) => Promise<T>): Promise<T> {
    const begin = Date.now();
    let spoken = begin;
    this.#rewrite(`· ${title}`);
    try {
      const result = await work((text) => {
        this.#rewrite(`· ${title}: ${text}`);
        if (!this.#out.isTTY && Date.now() - spoken >= PLAIN_INTERVAL_MS) {
          spoken = Date.now();
          this.#out.write(`· ${title}: ${text}\n`);
        }
      });
      this.#rewrite('');
      this.note(`✓ ${title} (${seconds(Date.now() - begin)})`);
      return result;
    } catch (error) {
      this.#rewrite('');
      this.note(`✗ ${title} (${seconds(Date.now() - begin)})`);
      throw error;
    }
  }

  #rewrite(text: string): void {
    if (!this.#out.isTTY) return;
    const width = Math.max(20, (this.#out.columns ?? 80) - 1);
    this.#out.redraw(printableLine(text).slice(0, width));
  }
}
