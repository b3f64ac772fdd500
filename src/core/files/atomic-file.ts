import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fromFileError, GoogLeNetError } from '../errors.js';
import { assertWritablePath } from './writable-path.js';

/**
 * Writes a file so that `path` holds either the old content or all of the new, also after a crash or a power cut: a temporary
 * file in the same folder (a rename across file systems is a copy), forced to the disk, renamed over `path`. Symbolic links stay,
 * and the file that they lead to is replaced; it keeps its permissions and, where this user may give it, its owner and group.
 * Other hard links to it keep the old content.
 * @param chunks one after the other; must not change until the promise settles.
 * @throws GoogLeNetError `FILE_NOT_FOUND` where the folder does not exist, `FILE_ERROR`, `INVALID_ARGUMENT` for a name that is not UTF-8; `path`
 * is then as it was.
 */
export const writeFileAtomic = (path: string, chunks: readonly Uint8Array[]): Promise<void> =>
  replaceFile(path, async (file) => {
    for (const chunk of chunks) await file.writeFile(chunk);
  });

/**
 * The same for content that comes bit by bit.
 * @param write fills the new file. @throws what `write` throws, where that is no error of the file system; as `writeFileAtomic`.
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  assertWritablePath(path);
  let temporary: string | null = null;
  try {
    const target = await targetOf(path);
    const before = await existing(target);
    if (before !== null && !before.isFile()) {
      throw new GoogLeNetError('FILE_ERROR', `Cannot write ${path}: it is not a regular file.`);
    }
    temporary = temporaryName(target);
    await writeAndSync(temporary, before, write);
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    if (temporary !== null) await rm(temporary, { force: true }).catch(() => undefined);
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && syscall !== undefined) {
      const message = `Cannot write ${path}: the folder ${dirname(path)} does not exist.`;
      throw new GoogLeNetError('FILE_NOT_FOUND', message, { cause: error });
    }
    throw fromFileError(error, 'write', path);
  }
}

/** As many links as Linux follows. */
const MAX_LINKS = 40;

/** Where symbolic links lead to, also where nothing is there yet. */
async function targetOf(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      return await realpath(target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const isLink = await lstat(target).then(
        (found) => found.isSymbolicLink(),
        () => false,
      );
      if (!isLink) return target;
      target = resolve(await realpath(dirname(target)), await readlink(target));
    }
  }
  throw new GoogLeNetError('FILE_ERROR', `Cannot write ${path}: too many symbolic links.`);
}

const existing = (path: string): Promise<Stats | null> =>
  stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });

/** Names may have 255 bytes, and 143 in some encrypted folders; dots, a random number and `.tmp` take 42 of them. */
const MAX_KEPT_BYTES = 100;

function temporaryName(target: string): string {
  const name = Buffer.from(basename(target));
  // Cut in the middle of a character, the last bytes become a replacement character of three.
  const kept = name.length <= MAX_KEPT_BYTES ? name : name.subarray(0, MAX_KEPT_BYTES - 3);
  return join(dirname(target), `.${kept.toString()}.${randomUUID()}.tmp`);
}

async function writeAndSync(
  path: string,
  before: Stats | null,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  // 'wx' refuses to follow a link that somebody left under this name.
  const file = await open(path, 'wx', before === null ? 0o666 : 0o600);
  try {
    if (before !== null) await takeAfter(file, before);
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Owner first: giving a file away takes rights from it. */
async function takeAfter(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await file.stat();
  if (own.uid !== uid || own.gid !== gid) {
    await file.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
      // Only root may give files away; some file systems know no owners.
      if (!['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP'].includes(error.code ?? '')) throw error;
    });
  }
  await file.chmod(mode & 0o777);
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
