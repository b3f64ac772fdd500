import { fstat } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { fromFileError, type GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { readFully } from '../core/files/read-fully.js';
import { openRegularFile } from '../core/files/regular-file.js';

const statOf = promisify(fstat);

/** A file that is read at offsets, through one descriptor: its name may come to lead to another. */
export interface OpenFile {
  readonly path: string;
  readonly fd: number;
  /** In bytes, when it was opened. */
  readonly size: number;
  /** When it was last written, in nanoseconds. */
  readonly modified: bigint;
  /** Looked at before every read. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens files for reading and closes all of them after `use`.
 * @param signal ends every read of the files, before it begins.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED`; what `use` throws.
 */
export async function withOpenFiles<T>(
  use: (open: (path: string) => Promise<OpenFile>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const handles: FileHandle[] = [];
  try {
    return await use(async (path) => {
      throwIfAborted(signal, `Reading ${path}`);
      try {
        const handle = await openRegularFile(path);
        handles.push(handle);
        const { size, mtimeNs } = await handle.stat({ bigint: true });
        return { path, fd: handle.fd, size: Number(size), modified: mtimeNs, signal };
      } catch (error) {
        throw fromFileError(error, 'read', path);
      }
    });
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

/** Whether somebody has written into a file since it was opened. */
export async function isChanged({ fd, size, modified }: OpenFile): Promise<boolean> {
  const now = await statOf(fd, { bigint: true });
  return now.mtimeNs !== modified || Number(now.size) !== size;
}

/** Bytes of a file; null where it ends first, which happens when somebody truncates it under our hands. */
export async function readBytes(
  { fd, path, signal }: OpenFile,
  bytes: number,
  position: number,
): Promise<Buffer | null> {
  throwIfAborted(signal, `Reading ${path}`);
  const buffer = Buffer.alloc(bytes);
  try {
    return (await readFully(fd, buffer, position)) ? buffer : null;
  } catch (error) {
    throw fromFileError(error, 'read', path);
  }
}

/** Half a millisecond of a checksum on the JS thread. */
const SLICE_BYTES = 2 ** 20;

/**
 * Part of a file, slice by slice; the next one is being read while one is used. A slice is overwritten after the one that follows it.
 * @param cutShort the error for a file that ends first.
 */
export async function* slicesOf(
  { fd, path, signal }: OpenFile,
  start: number,
  bytes: number,
  cutShort: () => GoogLeNetError,
): AsyncGenerator<Buffer> {
  const memory = [0, 1].map(() => Buffer.allocUnsafe(Math.min(SLICE_BYTES, bytes)));
  const read = async (at: number): Promise<Buffer> => {
    const slice = memory[(at / SLICE_BYTES) % 2]?.subarray(0, Math.min(SLICE_BYTES, bytes - at)) as Buffer;
    try {
      if (await readFully(fd, slice, start + at)) return slice;
    } catch (error) {
      throw fromFileError(error, 'read', path);
    }
    throw cutShort();
  };
  let next = bytes > 0 ? read(0) : null;
  try {
    for (let at = SLICE_BYTES; next !== null; at += SLICE_BYTES) {
      const slice = await next;
      throwIfAborted(signal, `Reading ${path}`);
      next = at < bytes ? read(at) : null;
      // An error is thrown when it is waited for, and until then it is nobody's.
      next?.catch(() => undefined);
      yield slice;
    }
  } finally {
    // The file must not be closed under a read, where a slice was refused.
    await next?.catch(() => undefined);
  }
}
