/** Where programs of this package print. Everything passes through here: it is made printable and colored, and no error of a stream ends a run. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasColors, plain, warning, withSequences } from './colors.js';
import { printable } from './printable.js';

/** As much of a writable stream as is needed. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, callback?: (error?: Error | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** As much of `process` as a command needs, so that it can run inside of another program. */
export interface Host {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  /** Ends the program at once; called for a second Ctrl-C only. */
  exit(status: number): unknown;
}

/** As much of a {@link Screen} as progress needs. */
export type Output = Pick<Screen, 'isTTY' | 'columns' | 'write' | 'redraw'>;

/** Carriage return, then clear to the end of the line. */
const CLEAR_LINE = '\r\x1b[K';

const isError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error;

/** One stream. Its errors are kept and never thrown: a full disk or a closed terminal is no reason to lose hours of training. */
export class Screen {
  readonly #stream: OutputStream;
  readonly #onFailure: (error: Error) => void;
  #pending = 0;
  #whenFlushed: (() => void) | null = null;
  #failure: NodeJS.ErrnoException | null = null;
  /** A stream that has failed may never call back again. */
  #hasFailed = false;

  /** @param onFailure hears of the first error, but not of a reader that has gone (`googlenet info … | head`). */
  constructor(stream: OutputStream, onFailure: (error: Error) => void = () => undefined) {
    this.#stream = stream;
    this.#onFailure = onFailure;
    stream.on('error', this.#fail);
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Of a terminal; undefined elsewhere. */
  get columns(): number | undefined {
    return this.isTTY ? this.#stream.columns || undefined : undefined;
  }

  /** Whether styles (`core/colors.ts`) are shown. */
  get hasColors(): boolean {
    return hasColors(this.isTTY);
  }

  /** The first error of the stream, but that its reader has gone; null while there is none. */
  get failure(): Error | null {
    return this.#failure;
  }

  write(text: string): void {
    this.#send(this.#visible(text));
  }

  /** Replaces the line that the cursor is on; for terminals. */
  redraw(text: string): void {
    this.#send(CLEAR_LINE + this.#visible(text));
  }

  /** Waits until all that was written has left the process, or failed. The stream's errors are its owner's afterwards. */
  async close(): Promise<void> {
    if (this.#pending > 0 && !this.#hasFailed) {
      await new Promise<void>((resolve) => {
        this.#whenFlushed = resolve;
      });
    }
    // A stream says `error` after the callback of the write that failed.
    await nextTurn();
    this.#stream.off('error', this.#fail);
  }

  #visible(text: string): string {
    return this.hasColors ? withSequences(printable(text)) : plain(printable(text));
  }

  #send(text: string): void {
    this.#pending++;
    try {
      this.#stream.write(text, (error) => this.#sent(error));
    } catch (error) {
      this.#sent(error);
    }
  }

  readonly #sent = (error: unknown): void => {
    this.#pending--;
    if (isError(error)) this.#fail(error);
    if (this.#pending === 0) this.#whenFlushed?.();
  };

  readonly #fail = (error: NodeJS.ErrnoException): void => {
    this.#hasFailed = true;
    this.#whenFlushed?.();
    if (error.code === 'EPIPE' || this.#failure !== null) return;
    this.#failure = error;
    this.#onFailure(error);
  };
}

export class Terminal {
  readonly host: Host;
  readonly stdout: Screen;
  readonly stderr: Screen;
  /** Exit status of the command. */
  status = 0;
  #hasPrinted = false;

  constructor(host: Host) {
    this.host = host;
    this.stderr = new Screen(host.stderr);
    this.stdout = new Screen(host.stdout, ({ message }) => {
      this.warn(`standard output cannot be written (${message}).`);
    });
  }

  /** A result on standard output: what the command is for. */
  print(text: string): void {
    this.#hasPrinted = true;
    this.stdout.write(`${text}\n`);
  }

  /** A line on standard output that nothing is lost without. */
  log(text: string): void {
    this.stdout.write(`${text}\n`);
  }

  /** A line on standard error. */
  tell(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /** A warning on standard error. */
  warn(text: string): void {
    this.tell(warning(text));
  }

  /** @returns the exit status, which is no success where a result was lost. */
  async close(): Promise<number> {
    await this.stdout.close();
    await this.stderr.close();
    return this.status === 0 && this.#hasPrinted && this.stdout.failure !== null ? 1 : this.status;
  }
}
