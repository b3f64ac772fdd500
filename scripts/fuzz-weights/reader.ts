import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ErrorCode } from '../../src/core/errors.js';
import type { ReaderName } from './readers.js';

/** What came of a file. */
export interface Reading {
  /** Of the error; null where it was read. */
  readonly code: ErrorCode | null;
  /** Anything that must not come of a file. */
  readonly failure?: string;
  /** Of all threads on any core: what other programs do meanwhile changes little of it. */
  readonly ms: number;
  /** The most that this process had so far, beyond what it had after files that are sound. */
  readonly megabytes: number;
}

const REGISTER = join(__dirname, '../../test/support/register.cjs');

/** A process that reads files. */
export class Reader {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** @param soundFile read a few times before any other, so that what the first ones cost is not taken for theirs. */
  static async start(name: ReaderName, soundFile: string): Promise<Reader> {
    // Young garbage would be counted as memory that a file takes.
    const execArgv = ['-r', REGISTER, '--expose-gc', '--max-semi-space-size=4'];
    const child = fork(join(__dirname, 'worker.ts'), [name, soundFile], { execArgv });
    const reader = new Reader(child);
    const first = await reader.#answer();
    if (first !== 'ready') throw new Error(`The reader of ${name} did not start: ${JSON.stringify(first)}.`);
    return reader;
  }

  /** @returns how the process died, where it did. */
  read(paths: readonly string[]): Promise<Reading[] | string> {
    const answer = this.#answer();
    // Where it died meanwhile, that is the answer.
    this.#process.send(paths, () => undefined);
    return answer as Promise<Reading[] | string>;
  }

  /** As a file does that takes all memory. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #answer(): Promise<unknown> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return Promise.resolve(String(signalCode ?? exitCode));
    return new Promise((resolve) => {
      const onMessage = (message: unknown) => {
        this.#process.off('exit', onExit);
        resolve(message);
      };
      const onExit = (code: number | null, signal: string | null) => {
        this.#process.off('message', onMessage);
        resolve(String(signal ?? code));
      };
      this.#process.once('message', onMessage);
      this.#process.once('exit', onExit);
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    await exit;
  }
}
