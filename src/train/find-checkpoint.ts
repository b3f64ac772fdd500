import { join } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { path as readPath } from '../core/validation.js';
import { OpenCheckpoint } from './checkpoint.js';
import { checkpointsIn } from './checkpoint-files.js';

/**
 * Finds the newest checkpoint in a folder that is whole to the last byte.
 * @param onDamaged called for each newer checkpoint that is damaged and therefore skipped.
 * @returns it, open; null if there are no checkpoints or no such folder.
 * @throws GoogLeNetError `INVALID_CHECKPOINT` where all are damaged, `FILE_ERROR` where the folder cannot be read.
 */
export async function findCheckpoint(
  dir: string,
  onDamaged: (path: string, error: GoogLeNetError) => void,
): Promise<OpenCheckpoint | null> {
  const files = await checkpointsIn(readPath('dir', dir));
  const damaged: GoogLeNetError[] = [];
  for (const { name } of files) {
    const path = join(dir, name);
    let checkpoint: OpenCheckpoint | null = null;
    try {
      checkpoint = await OpenCheckpoint.open(path);
      await checkpoint.verify();
      return checkpoint;
    } catch (error) {
      await checkpoint?.close();
      if (!(error instanceof GoogLeNetError)) throw error;
      damaged.push(error);
      onDamaged(path, error);
    }
  }
  const [first] = damaged;
  if (first === undefined) return null;
  const message = `No checkpoint in ${dir} is whole. The newest: ${first.message} Remove them to start from scratch.`;
  throw new GoogLeNetError('INVALID_CHECKPOINT', message, { cause: first });
}
