import { spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { GoogLeNetError } from '../core/errors.js';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Ends the program and all processes it started. */
  signal?: AbortSignal | undefined;
  /** Every line of stdout and stderr, as it comes. */
  onLine?: (line: string) => void;
  /** File for the command line and the whole output. */
  log?: string;
  /** `'w'` (default) starts a new log, `'a'` appends to it. */
  logMode?: 'w' | 'a';
}

export interface Finished {
  /** Exit status; -1 when a signal ended the program. */
  code: number;
  /** The last lines of stdout and stderr together. */
  tail: string[];
  /** The whole of stdout. */
  stdout: string;
}

const TAIL_LINES = 40;
const KILL_AFTER_MS = 3000;

function openLog(options: RunOptions, command: string): WriteStream | undefined {
  if (options.log === undefined) return undefined;
  const stream = createWriteStream(options.log, { flags: options.logMode ?? 'w' });
  stream.on('error', () => stream.destroy());
  stream.write(`$ ${command}\n`);
  return stream;
}

/** Calls `onLine` for each full line; the returned function flushes the rest. */
function lines(onLine: (line: string) => void): { push(text: string): void; end(): void } {
  let rest = '';
  return {
    push(text) {
      const parts = (rest + text).split(/\r?\n|\r/);
      rest = parts.pop() ?? '';
      parts.forEach(onLine);
    },
    end() {
      if (rest !== '') onLine(rest);
    },
  };
}

/**
 * Runs a program without a shell and without standard input. It gets its own process group, so that an abort also ends the compilers
 * that `make` started. Rejects with the spawn error when the program cannot be started.
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const stopped = () => new GoogLeNetError('ABORTED', `${file} was stopped.`);
  if (options.signal?.aborted) throw stopped();
  const log = openLog(options, [file, ...args].join(' '));
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const tail: string[] = [];
  const takeLine = (line: string): void => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    options.onLine?.(line);
  };
  const outLines = lines(takeLine);
  const errLines = lines(takeLine);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    log?.write(text);
    outLines.push(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log?.write(text);
    errLines.push(text);
  });

  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // Already gone.
    }
  };
  let killTimer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    kill('SIGTERM');
    killTimer = setTimeout(() => kill('SIGKILL'), KILL_AFTER_MS);
  };
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? -1));
    });
    outLines.end();
    errLines.end();
    if (options.signal?.aborted) throw stopped();
    return { code, tail, stdout };
  } finally {
    clearTimeout(killTimer);
    options.signal?.removeEventListener('abort', onAbort);
    if (log) {
      log.end();
      await finished(log).catch(() => undefined);
    }
  }
}

/** stdout of a short program; undefined when it cannot be started or fails. */
export async function outputOf(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { code, stdout } = await runCommand(file, args, { signal: AbortSignal.timeout(20_000) });
    return code === 0 ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}
