import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { readRegularText } from '../core/files/regular-file.js';
import { parseShallow } from '../core/json-depth.js';
import { object } from '../core/validation.js';
import type { RunRecord } from '../run/records/records.js';
import type { ValidationRecord } from '../run/records/validation-record.js';
import { checkValidation, MAX_VALIDATION_BYTES } from '../run/records/validation-record.js';
import { MetricsTail } from './metrics-tail.js';

/** Receives the content of the files of a run. */
export interface RunListener {
  onSettings(settings: Record<string, unknown>): void;
  onRecord(record: RunRecord): void;
  /** All records follow again, from the first one on. */
  onRestart(): void;
  onValidation(validation: ValidationRecord): void;
}

/** Reads the folder of a run repeatedly. */
export class RunFiles {
  readonly #listener: RunListener;
  readonly #metrics: MetricsTail;
  readonly #settings: JsonFile;
  readonly #validation: JsonFile;

  constructor(runDir: string, listener: RunListener) {
    this.#listener = listener;
    this.#metrics = new MetricsTail(runDir);
    this.#settings = new JsonFile(join(runDir, 'settings.json'));
    this.#validation = new JsonFile(join(runDir, 'validation.json'));
  }

  /**
   * Reads what is new since the last call. A missing file is no error: the run may not have written it yet.
   * @throws GoogLeNetError `INVALID_RUN_LOG`, `FILE_ERROR`
   */
  async read(): Promise<void> {
    const { onSettings, onRecord, onRestart, onValidation } = this.#listener;
    const settings = await this.#settings.read((value) => object('settings', value));
    if (settings !== null) onSettings(settings);
    await this.#metrics.read(onRecord, onRestart);
    const validation = await this.#validation.read(checkValidation);
    if (validation !== null) onValidation(validation);
  }
}

/** A JSON file that another process replaces as a whole. */
class JsonFile {
  readonly #path: string;
  /** Identifies the file that the last call read. */
  #version = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Null where the file is missing or unchanged since the last call. */
  async read<T>(check: (value: unknown) => T): Promise<T | null> {
    try {
      const { ino, size, mtimeMs } = await stat(this.#path);
      const version = `${ino} ${size} ${mtimeMs}`;
      if (version === this.#version) return null;
      const value = this.#parse(await readRegularText(this.#path, MAX_VALIDATION_BYTES), check);
      this.#version = version;
      return value;
    } catch (error) {
      // `stat` throws ENOENT; a file deleted after it gives FILE_NOT_FOUND.
      if (['ENOENT', 'FILE_NOT_FOUND'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
      throw fromFileError(error, 'read', this.#path);
    }
  }

  #parse<T>(text: string, check: (value: unknown) => T): T {
    try {
      return check(parseShallow(text));
    } catch (cause) {
      const message = `${this.#path} is damaged: ${(cause as Error).message}`;
      throw new GoogLeNetError('INVALID_RUN_LOG', message, { cause });
    }
  }
}
