import { join } from 'node:path';
import { GoogLeNetError } from '../errors.js';
import { string } from '../validate.js';
import { checkCheckpoint } from './checkpoint.js';
import { checkpointsIn } from './checkpoint-files.js';

/**
 * The newest checkpoint in a folder that is whole, to the last byte.
 * @param onDamaged hears of each one that is newer and damaged, and so passed over.
 * @returns its path; null where there is none, also where there is no such folder.
 * @throws GoogLeNetError `FILE_ERROR` where the folder cannot be read.
 */
export async function findCheckpoint(
  dir: string,
  onDamaged: (path: string, error: GoogLeNetError) => void,
): Promise<string | null> {
  for (const { name } of await checkpointsIn(string('dir', dir))) {
    const path = join(dir, name);
    try {
      await checkCheckpoint(path);
      return path;
    } catch (error) {
      if (!(error instanceof GoogLeNetError)) throw error;
      onDamaged(path, error);
    }
  }
  return null;
}
