/** The command line inside of this process: its streams are recorded, signals are sent with `host.emit`. */
import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { main } from '../../src/cli/main.js';
import type { Host } from '../../src/core/terminal.js';

export interface StreamOptions {
  isTTY?: boolean;
  columns?: number;
  /** Every write fails with this code of the operating system, as on a full disk. */
  failure?: string;
}

/** Like `process.stdout`, it can be written to after an error. */
export class RecordingStream extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly #failure: string | undefined;
  text = '';

  constructor({ isTTY = false, columns = 80, failure }: StreamOptions = {}) {
    super({ decodeStrings: false, autoDestroy: false });
    this.isTTY = isTTY;
    this.columns = columns;
    this.#failure = failure;
  }

  override _write(text: string, _: unknown, done: (error?: Error) => void): void {
    this.text += text;
    if (this.#failure === undefined) done();
    else done(Object.assign(new Error(`${this.#failure}: write failed`), { code: this.#failure }));
  }
}

export class RecordingHost extends EventEmitter implements Host {
  readonly stdout: RecordingStream;
  readonly stderr: RecordingStream;
  readonly exited: number[] = [];

  constructor(stdout: StreamOptions = {}, stderr: StreamOptions = {}) {
    super();
    this.stdout = new RecordingStream(stdout);
    this.stderr = new RecordingStream(stderr);
  }

  exit(status: number): void {
    this.exited.push(status);
  }
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command in this process. Paths should be absolute: the current folder is that of the tests. */
export const runCommandLine = (...argv: string[]): Promise<CommandResult> =>
  runCommandLineOn(new RecordingHost(), argv);

/** @param run `main` of the sources, or that of `dist` where the command starts worker threads. */
export async function runCommandLineOn(
  host: RecordingHost,
  argv: readonly string[],
  run: typeof main = main,
): Promise<CommandResult> {
  const code = await run(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}
