/** What lies where in the folder of a run. */
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fromFileError } from '../core/errors.js';
import { METRICS_FILE } from './records/run-log.js';

export const runFiles = (dir: string) => ({
  settings: join(dir, 'settings.json'),
  /** The state after the last epochs, and where the run was interrupted. */
  checkpoints: join(dir, 'checkpoints'),
  /** The final weights: there once the run is complete. */
  model: join(dir, 'model.safetensors'),
  /** Those of the epoch that was best on the validation images. */
  best: join(dir, 'best.safetensors'),
});

/** @throws GoogLeNetError `FILE_ERROR` */
export async function holdsRun(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw fromFileError(error, 'read', dir);
  });
  const ours = ['settings.json', METRICS_FILE, 'checkpoints', 'model.safetensors', 'best.safetensors'];
  return names.some((name) => ours.includes(name));
}

/** A process that is killed while it writes a file leaves the unfinished one behind, as large as the model at the worst. */
export async function removeUnfinishedFiles(dir: string): Promise<void> {
  const names = await readdir(dir).catch(() => []);
  const unfinished = names.filter((name) => /^\..+\.[\da-f-]{36}\.tmp$/.test(name));
  for (const name of unfinished) await rm(resolve(dir, name), { force: true });
}
