import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const PACKAGE_ROOT = join(__dirname, '../..');

export interface ChildResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What every child program starts with: the built package, and inputs of the model's size. */
const PRELUDE = `
const { GoogLeNet, InceptionModule, Trainer, GoogLeNetError, manualSeed, setNumThreads } = require(${JSON.stringify(PACKAGE_ROOT)});
const images = (n) => ({ data: new Uint8Array(n * 224 * 224 * 3).fill(127), shape: [n, 224, 224, 3] });
const labels = (n) => new Int32Array(n);
const ROOT = ${JSON.stringify(PACKAGE_ROOT)};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
`;

export interface ChildOptions {
  /** Called with all that was printed so far. */
  onStdout?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
  args?: string[];
  /** Added to the environment. */
  env?: NodeJS.ProcessEnv;
}

/** Runs a program in a process of its own, which may die as it likes. */
export function runChild(
  program: string,
  { onStdout, args = [], env = {} }: ChildOptions = {},
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args, '-e', PRELUDE + program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      onStdout?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
