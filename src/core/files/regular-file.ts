/** Reading of files that somebody else may have put there: never waits, and never takes more memory than was agreed. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fromFileError, GoogLeNetError } from '../errors.js';
import { fsPath } from './file-names.js';

const { O_NONBLOCK, O_RDONLY } = constants;

/** Enough for settings, lists of names and records of this package. */
const MAX_TEXT_BYTES = 2 ** 24;

/**
 * Opens a regular file. Opening a named pipe would wait for its other end for ever, and a device may never end.
 * @param flags as `open` takes them; without waiting is added.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR` also for what is no regular file.
 */
export async function openRegularFile(path: string, flags: number = O_RDONLY): Promise<FileHandle> {
  try {
    const file = await open(fsPath(path), flags | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      // A socket, or a named pipe that is opened for writing.
      throw error.code === 'ENXIO' ? notRegular(path) : error;
    });
    const found = await file.stat();
    if (found.isFile()) return file;
    await file.close();
    throw found.isDirectory() ? isFolder(path) : notRegular(path);
  } catch (error) {
    throw fromFileError(error, flags === O_RDONLY ? 'read' : 'write', path);
  }
}

const isFolder = (path: string) =>
  new GoogLeNetError('FILE_ERROR', `Cannot read ${path}: it is a folder. Name a file that is in it.`);

const notRegular = (path: string) =>
  new GoogLeNetError('FILE_ERROR', `Cannot read ${path}: it is not a regular file.`);

/** @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR` also for one of more than `maxBytes`. */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  const file = await openRegularFile(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw tooLarge(path, size, maxBytes);
    // Files of /proc and /sys have no size, and others may grow meanwhile.
    const pieces: Buffer[] = [];
    let total = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.max(size - total, 4096));
      const { bytesRead } = await file.read(piece, 0, piece.length);
      if (bytesRead === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, bytesRead));
      total += bytesRead;
      if (total > maxBytes) throw tooLarge(path, total, maxBytes);
    }
  } catch (error) {
    throw fromFileError(error, 'read', path);
  } finally {
    await file.close();
  }
}

/** The same as UTF-8 text. */
export const readRegularText = async (path: string, maxBytes: number = MAX_TEXT_BYTES): Promise<string> =>
  (await readRegularFile(path, maxBytes)).toString('utf8');

/** The same, and null where there is no such file. */
export const readTextIfThere = (path: string, maxBytes: number = MAX_TEXT_BYTES): Promise<string | null> =>
  readRegularText(path, maxBytes).catch((error: unknown) => {
    if (error instanceof GoogLeNetError && error.code === 'FILE_NOT_FOUND') return null;
    throw error;
  });

const tooLarge = (path: string, bytes: number, maxBytes: number) =>
  new GoogLeNetError(
    'FILE_ERROR',
    `Cannot read ${path}: it has ${bytes} bytes or more, and such a file has at most ${maxBytes}.`,
  );
