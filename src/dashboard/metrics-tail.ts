import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { openRegularFile } from '../core/files/regular-file.js';
import { parseShallow } from '../core/json-depth.js';
import { checkRecord, type RunRecord } from '../run/records/records.js';
import { METRICS_FILE } from '../run/records/run-log.js';

/** Bytes of one read, so that the JS thread is free between reads; no line is longer. */
const PIECE_BYTES = 2 ** 16;

const NEWLINE = 0x0a;

/** Follows the metrics.jsonl of a run. A resumed run truncates the file, which may happen at any time. */
export class MetricsTail {
  readonly path: string;
  /** Bytes up to the end of the last line read. */
  #offset = 0;
  #inode = 0n;
  #lastStep = 0;

  constructor(runDir: string) {
    this.path = join(runDir, METRICS_FILE);
  }

  /**
   * Passes on the records since the last call. The next call reads a last line that is not complete; a missing file has no records.
   * @param onRestart earlier records are void: all records of the file follow.
   * @throws GoogLeNetError `INVALID_RUN_LOG`, `FILE_ERROR`
   */
  async read(onRecord: (record: RunRecord) => void, onRestart: () => void): Promise<void> {
    try {
      if (await this.#readNew(onRecord)) return;
      onRestart();
      this.#offset = 0;
      this.#lastStep = 0;
      if (!(await this.#readNew(onRecord))) throw this.#invalid('it changed during the read');
    } catch (error) {
      throw fromFileError(error, 'read', this.path);
    }
  }

  /** @returns false where the file is not the one that earlier calls read. */
  async #readNew(onRecord: (record: RunRecord) => void): Promise<boolean> {
    const file = await openRegularFile(this.path).catch((error: unknown) => {
      if (error instanceof GoogLeNetError && error.code === 'FILE_NOT_FOUND') return null;
      throw error;
    });
    if (file === null) return this.#offset === 0;
    try {
      const { size, ino } = await file.stat({ bigint: true });
      if (this.#offset > 0 && (ino !== this.#inode || size < BigInt(this.#offset))) return false;
      this.#inode = ino;
      return await this.#readLines(file, onRecord);
    } finally {
      await file.close();
    }
  }

  async #readLines(file: FileHandle, onRecord: (record: RunRecord) => void): Promise<boolean> {
    const piece = Buffer.alloc(PIECE_BYTES);
    let isFirst = this.#offset > 0;
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, this.#offset);
      const end = piece.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
      if (end === 0 && bytesRead === PIECE_BYTES) throw this.#invalid('it is too long');
      if (end === 0) return true;
      for (const line of piece.toString('utf8', 0, end - 1).split('\n')) {
        const record = isFirst ? this.#parseNext(line) : this.#parse(line);
        if (record === null) return false;
        isFirst = false;
        this.#lastStep = record.step;
        onRecord(record);
      }
      this.#offset += end;
    }
  }

  /** Null where a line does not follow the last one: the file was truncated and has grown beyond the offset since. */
  #parseNext(line: string): RunRecord | null {
    try {
      const record = this.#parse(line);
      const follows = record.type === 'epoch' ? record.step >= this.#lastStep : record.step > this.#lastStep;
      return follows ? record : null;
    } catch {
      return null;
    }
  }

  #parse(line: string): RunRecord {
    try {
      return checkRecord(parseShallow(line));
    } catch (error) {
      throw this.#invalid((error as Error).message, error);
    }
  }

  #invalid(why: string, cause?: unknown): GoogLeNetError {
    const message = `A line of ${this.path} after byte ${this.#offset} is not a record: ${why}`;
    return new GoogLeNetError('INVALID_RUN_LOG', message, { cause });
  }
}
