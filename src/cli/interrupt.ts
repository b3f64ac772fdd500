import { constants } from 'node:os';
import { GoogLeNetError } from '../core/errors.js';
import type { Host } from '../core/terminal.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A terminal sends Ctrl-C to every process of a command, and npx and npm then forward it again. Signals this close together
 * are one key press.
 */
const SAME_PRESS_MS = 500;

/** Ctrl-C, SIGTERM and SIGHUP: the first aborts the work in good order, the second ends the process at once. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #host: Host;
  readonly #onFirst: (signal: NodeJS.Signals) => void;
  #first: { signal: NodeJS.Signals; atMs: number } | null = null;

  /** @param onFirst tells the user that the signal was received: the current step may take seconds. */
  constructor(host: Host, onFirst: (signal: NodeJS.Signals) => void) {
    this.#host = host;
    this.#onFirst = onFirst;
    for (const signal of SIGNALS) host.on(signal, this.#receive);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Exit status of a program ended by the signal, 130 for Ctrl-C; null without a signal. */
  get status(): number | null {
    return this.#first && 128 + constants.signals[this.#first.signal];
  }

  /** The same for an error caused by the signal; rethrows any other. */
  statusOf(error: unknown): number {
    if (error instanceof GoogLeNetError && error.code === 'ABORTED' && this.status !== null)
      return this.status;
    throw error;
  }

  release(): void {
    for (const signal of SIGNALS) this.#host.off(signal, this.#receive);
  }

  readonly #receive = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (this.#first === null) {
      this.#first = { signal, atMs: now };
      this.#onFirst(signal);
      this.#controller.abort(signal);
    } else if (now - this.#first.atMs > SAME_PRESS_MS) {
      this.#host.exit(this.status ?? 1);
    }
  };
}
