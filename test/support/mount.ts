import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'pipe' });
const unmount = (path: string) => execFileSync('umount', [path], { stdio: 'pipe' });

/** Whether this process may mount file systems, found out by mounting one. */
export function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'googlenet-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', dir], { stdio: 'ignore' });
  if (status === 0) unmount(dir);
  rmdirSync(dir);
  return status === 0;
}

/** Puts a disk of its own, in memory, over an existing folder while `use` runs. */
export async function withSmallDisk(dir: string, kilobytes: number, use: () => Promise<void>): Promise<void> {
  mount('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', dir);
  try {
    await use();
  } finally {
    unmount(dir);
  }
}

export const makeReadOnly = (disk: string) => mount('-o', 'remount,ro', disk);
export const makeWritable = (disk: string) => mount('-o', 'remount,rw', disk);

/** Makes a file one that nobody can remove or replace (`EBUSY`) while `use` runs. */
export async function withUnremovable(file: string, use: () => Promise<void>): Promise<void> {
  mount('--bind', file, file);
  try {
    await use();
  } finally {
    unmount(file);
  }
}
