import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fromFileError, GoogLeNetError } from '../errors.js';

/**
 * Writes a file so that `path` holds either the old content or all of the new, also after a crash or a power cut: a temporary
 * file in the same folder (a rename across file systems is a copy), forced to the disk, renamed over `path`.
 * @param chunks one after the other; must not change until the promise settles.
 * @throws GoogLeNetError `FILE_NOT_FOUND` where the folder does not exist, `FILE_ERROR`; `path` is then as it was.
 */
export async function writeFileAtomic(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeAndSync(temporary, chunks);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      const message = `Cannot write ${path}: the folder ${folder} does not exist.`;
      throw new GoogLeNetError('FILE_NOT_FOUND', message, { cause: error });
    }
    throw fromFileError(error, 'write', path);
  }
}

async function writeAndSync(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  // 'wx' refuses to follow a link that somebody left under this name.
  const file = await open(path, 'wx');
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without it the rename itself may be lost in a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network and FUSE file systems cannot sync a folder; the rename is as durable as they make it.
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await folder.close();
  }
}
