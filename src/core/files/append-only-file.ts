import type { FileHandle } from 'node:fs/promises';
import { fromFileError } from '../errors.js';

/** A file that grows piece by piece, in the order of the calls. */
export class AppendOnlyFile {
  readonly path: string;
  readonly #file: FileHandle;
  #written: Promise<void> = Promise.resolve();

  /**
   * @param file open for appending, so that it never overwrites what another handle has written meanwhile; closed by `close`.
   * @param path what messages call it.
   */
  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.path = path;
  }

  /**
   * Resolves when the operating system has the piece: it survives the end of the process, though not a power cut.
   * Await it; after a failure (a full disk) every later call fails too, so that no gap arises.
   * @throws GoogLeNetError `FILE_ERROR`
   */
  async append(piece: string | Uint8Array): Promise<void> {
    this.#written = this.#written.then(() => this.#file.appendFile(piece));
    try {
      await this.#written;
    } catch (error) {
      throw fromFileError(error, 'write', this.path);
    }
  }

  /** Waits for the pieces under way. */
  async close(): Promise<void> {
    await this.#written.catch(() => undefined);
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
