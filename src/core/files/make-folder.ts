import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fromFileError } from '../errors.js';
import { assertWritablePath } from './writable-path.js';

/**
 * Makes a folder and those above it, where they are not there. Not with `mkdir`'s own `recursive`, which never returns where the
 * system says that there is no such folder whatever is above it, as in /proc.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_ARGUMENT` for a name that is not UTF-8
 */
export async function makeFolder(path: string): Promise<void> {
  assertWritablePath(path);
  try {
    await make(resolve(path));
  } catch (error) {
    throw fromFileError(error, 'create', path);
  }
}

async function make(path: string): Promise<void> {
  if (await isFolder(path)) return;
  try {
    await mkdir(path);
  } catch (error) {
    // Another process may have been first.
    if (await isFolder(path)) return;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || (await isFolder(dirname(path)))) throw error;
    await make(dirname(path));
    await make(path);
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
