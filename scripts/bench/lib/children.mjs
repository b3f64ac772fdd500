// What must not outlive a benchmark: its child processes and its temporary folders.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

const children = new Set();
const folders = new Set();

/** `spawn` for a child that ends with the benchmark. */
export function start(file, args, options) {
  const child = spawn(file, args, options);
  children.add(child);
  const forget = () => children.delete(child);
  child.once('error', forget).once('close', forget);
  return child;
}

/** A temporary folder that is removed at the end of the benchmark. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'googlenet-bench-'));
  folders.add(folder);
  return folder;
}

async function endAll() {
  const ended = [...children].map((child) => once(child, 'close'));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(ended);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Runs a benchmark. However it ends, by Ctrl-C too, it leaves no child and no temporary file. */
export async function benchmark(work) {
  let interrupted = false;
  for (const [signal, status] of Object.entries(STATUS)) {
    // The same signal may come twice: from the terminal and from npm.
    process.on(signal, async () => {
      if (interrupted) return;
      interrupted = true;
      process.exitCode = status;
      await endAll();
      process.exit();
    });
  }
  try {
    await work();
  } catch (error) {
    // Later failures are caused by children that have ended.
    if (!interrupted) throw error;
  } finally {
    await endAll();
  }
}
