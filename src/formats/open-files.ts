import { fstat } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { fromFileError, type GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { readFully } from '../core/files/read-fully.js';
import { openRegularFile } from '../core/files/regular-file.js';
import { KIND_BYTES } from './file-kind.js';

const statOf = promisify(fstat);

/** Half a millisecond of a checksum on the JS thread. */
const SLICE_BYTES = 2 ** 20;

/** A file that is read at offsets, through one descriptor: its name may come to lead to another file. */
export class OpenFile {
  readonly path: string;
  readonly fd: number;
  /** In bytes, when it was opened. */
  readonly size: number;
  /** Checked before every read. */
  readonly signal: AbortSignal | undefined;
  /** When it was last written, in nanoseconds. */
  readonly #modified: bigint;
  #head: Buffer | undefined;

  constructor(path: string, fd: number, stat: { size: bigint; mtimeNs: bigint }, signal?: AbortSignal) {
    this.path = path;
    this.fd = fd;
    this.size = Number(stat.size);
    this.#modified = stat.mtimeNs;
    this.signal = signal;
  }

  /** The first {@link KIND_BYTES} bytes; fewer where the file was truncated meanwhile. Read once. @throws GoogLeNetError `FILE_ERROR`, `ABORTED` */
  async head(): Promise<Buffer> {
    this.#head ??= (await this.read(Math.min(this.size, KIND_BYTES), 0)) ?? Buffer.alloc(0);
    return this.#head;
  }

  /**
   * Bytes of the file; null where it ends first, which happens when another process truncates it. Those of the head come from memory.
   * @throws GoogLeNetError `FILE_ERROR`, `ABORTED`
   */
  async read(bytes: number, position: number): Promise<Buffer | null> {
    throwIfAborted(this.signal, `Reading ${this.path}`);
    const buffer = Buffer.alloc(bytes);
    const known = this.#head?.subarray(position, position + bytes).copy(buffer) ?? 0;
    try {
      return (await readFully(this.fd, buffer.subarray(known), position + known)) ? buffer : null;
    } catch (error) {
      throw fromFileError(error, 'read', this.path);
    }
  }

  /** Whether another process has written into the file since it was opened. */
  async isChanged(): Promise<boolean> {
    const now = await statOf(this.fd, { bigint: true });
    return now.mtimeNs !== this.#modified || Number(now.size) !== this.size;
  }

  /**
   * Part of the file, slice by slice; the next one is being read while one is used. A slice is overwritten after the one that follows it.
   * @param cutShort the error for a file that ends first.
   */
  async *slices(start: number, bytes: number, cutShort: () => GoogLeNetError): AsyncGenerator<Buffer> {
    const memory = [0, 1].map(() => Buffer.allocUnsafe(Math.min(SLICE_BYTES, bytes)));
    const read = async (at: number): Promise<Buffer> => {
      const slice = memory[(at / SLICE_BYTES) % 2]?.subarray(0, Math.min(SLICE_BYTES, bytes - at)) as Buffer;
      try {
        if (await readFully(this.fd, slice, start + at)) return slice;
      } catch (error) {
        throw fromFileError(error, 'read', this.path);
      }
      throw cutShort();
    };
    let next = bytes > 0 ? read(0) : null;
    try {
      for (let at = SLICE_BYTES; next !== null; at += SLICE_BYTES) {
        const slice = await next;
        throwIfAborted(this.signal, `Reading ${this.path}`);
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
}

/** Files that are open together and are closed together. */
export class OpenFiles {
  readonly #signal: AbortSignal | undefined;
  readonly #handles: FileHandle[] = [];
  readonly #files: OpenFile[] = [];

  /** @param signal ends every read of the files, before it begins. */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED` */
  async open(path: string): Promise<OpenFile> {
    throwIfAborted(this.#signal, `Reading ${path}`);
    try {
      const handle = await openRegularFile(path);
      this.#handles.push(handle);
      const file = new OpenFile(path, handle.fd, await handle.stat({ bigint: true }), this.#signal);
      this.#files.push(file);
      return file;
    } catch (error) {
      throw fromFileError(error, 'read', path);
    }
  }

  /** The first file that another process has written into since it was opened. */
  async findChanged(): Promise<OpenFile | undefined> {
    for (const file of this.#files) if (await file.isChanged()) return file;
    return undefined;
  }

  /** Calling it again does nothing. */
  async close(): Promise<void> {
    await Promise.all(this.#handles.splice(0).map((handle) => handle.close()));
  }
}
