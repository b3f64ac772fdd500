/**
 * The compiled command line on a few real images: in the process of the test, where the second that a process takes to start buys nothing,
 * or in one of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { main } from '../../src/cli/main.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { type CommandResult, RecordingHost, runCommandLineOn } from '../support/host.js';

export const MAIN = join(PACKAGE_ROOT, 'dist/cli/main.js');
export const SAMPLE = join(PACKAGE_ROOT, 'scripts/sample/fashion-mnist');

/** A short training on the images of a {@link workspace}. */
export const RECIPE = '--data images --epochs 1 --batch-size 4 --threads 1'.split(' ');

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  child: ChildProcess;
  /** What it has printed so far. */
  output: { stdout: string; stderr: string };
  result: Promise<Result>;
}

/** Starts any program; its output is piped, so it sees no terminal. */
export function start(file: string, args: readonly string[], cwd: string): Started {
  const env = { ...process.env, DEBUG: '' };
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const result = new Promise<Result>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, output, result };
}

export const startCli = (cwd: string, ...args: string[]): Started =>
  start(process.execPath, [MAIN, ...args], cwd);

const compiled: typeof main = require(MAIN).main;

export const cliOn = (host: RecordingHost, ...argv: string[]): Promise<CommandResult> =>
  runCommandLineOn(host, argv, compiled);

/** Paths should be absolute. */
export const cliHere = (...argv: string[]): Promise<CommandResult> => cliOn(new RecordingHost(), ...argv);

/** In this process, whose current folder it changes. */
export function cli(cwd: string, ...argv: string[]): Promise<CommandResult> {
  process.chdir(cwd);
  return cliHere(...argv);
}

/** Waits until a condition holds, or the process has ended. */
export async function until({ child }: Started, condition: () => boolean): Promise<void> {
  while (child.exitCode === null && child.signalCode === null && !condition()) await sleep(10);
}

/** A folder for the whole file, with `images/train` and `images/test` in it: two classes of 4 and 8 images. */
export function workspace(): string {
  const dir = mkdtempSync(join(tmpdir(), 'googlenet-e2e-'));
  for (const name of ['0-t-shirt-top', '1-trouser']) {
    copyImages(dir, 'train', name, 4);
    copyImages(dir, 'test', name, 8);
  }
  afterAll(() => {
    process.chdir(PACKAGE_ROOT);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

function copyImages(dir: string, part: string, name: string, count: number): void {
  const folder = join(dir, 'images', part, name);
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const file = `${String(i).padStart(3, '0')}.png`;
    cpSync(join(SAMPLE, part, name, file), join(folder, file));
  }
}

/** The records of a run that were written whole. */
export function records(
  run: string,
): { type: string; epoch: number; step: number; [key: string]: unknown }[] {
  let text: string;
  try {
    text = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
