import { type FileHandle, open, stat } from 'node:fs/promises';
import { fromFileError, GoogLeNetError } from '../errors.js';
import { readFully } from './read-fully.js';

/** A file that is read at offsets, through one descriptor: its name may come to lead to another. */
export interface OpenFile {
  readonly path: string;
  readonly fd: number;
  /** In bytes, when it was opened. */
  readonly size: number;
}

/**
 * Opens files for reading and closes all of them after `use`.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`; what `use` throws.
 */
export async function withOpenFiles<T>(
  use: (open: (path: string) => Promise<OpenFile>) => Promise<T>,
): Promise<T> {
  const handles: FileHandle[] = [];
  try {
    return await use(async (path) => {
      try {
        const handle = await openRegular(path);
        handles.push(handle);
        return { path, fd: handle.fd, size: (await handle.stat()).size };
      } catch (error) {
        throw fromFileError(error, 'read', path);
      }
    });
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

async function openRegular(path: string): Promise<FileHandle> {
  // Opening a named pipe would wait for a writer forever.
  if ((await stat(path)).isFile()) return open(path, 'r');
  throw new GoogLeNetError('FILE_ERROR', `Cannot read ${path}: it is not a regular file.`);
}

/** Bytes of a file; null where it ends first, which happens when somebody truncates it under our hands. */
export async function readBytes(
  { fd, path }: OpenFile,
  bytes: number,
  position: number,
): Promise<Buffer | null> {
  const buffer = Buffer.alloc(bytes);
  try {
    return (await readFully(fd, buffer, position)) ? buffer : null;
  } catch (error) {
    throw fromFileError(error, 'read', path);
  }
}
