/** Weights in any format that is read here, recognized by their first bytes and not by their names. */
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { kindOf } from './file-kind.js';
import type { Contents, ForeignTensor, Format, StoredTensor } from './format.js';
import type { InvalidFile } from './invalid-file.js';
import { type OpenFile, OpenFiles } from './open-files.js';
import { LEGACY_PTH } from './pth/legacy.js';
import { PTH } from './pth/pth.js';
import { SAFETENSORS } from './safetensors.js';
import { SHARDED } from './sharded.js';

const FORMATS: readonly Format[] = [PTH, LEGACY_PTH, SAFETENSORS, SHARDED];

const MAGIC_BYTES = 16;

export interface OpenOptions {
  /** Ends with the error `ABORTED`; checked before every read. */
  signal?: AbortSignal | undefined;
  /** Reads the file in this format, whatever its first bytes are. */
  format?: Format | undefined;
}

/**
 * A file of weights, opened once. Its header is read and parsed once, and its tensors are read from the descriptor that the header came
 * from: the name may come to lead to another file, for example when a training replaces a checkpoint.
 */
export class WeightsFile implements Contents {
  readonly path: string;
  /** Of the file that was named; an index does not count its shards. */
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly tensors: readonly StoredTensor[];
  readonly foreign: readonly ForeignTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly #files: OpenFiles;
  readonly #invalidFile: InvalidFile;
  readonly #verify: () => Promise<void>;
  #verified: Promise<void> | undefined;

  private constructor(file: OpenFile, files: OpenFiles, contents: Contents, invalidFile: InvalidFile) {
    this.path = file.path;
    this.bytes = file.size;
    this.signal = file.signal;
    this.tensors = contents.tensors;
    this.foreign = contents.foreign;
    this.metadata = contents.metadata;
    this.#verify = () => contents.verify();
    this.#files = files;
    this.#invalidFile = invalidFile;
  }

  /**
   * Opens a file and checks what it says of its tensors, whose values may be damaged: `verify` reads those.
   * @throws GoogLeNetError `INVALID_WEIGHTS` for anything malformed, `UNSAFE_PICKLE`, `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED`
   */
  static async open(path: string, { signal, format: wanted }: OpenOptions = {}): Promise<WeightsFile> {
    const files = new OpenFiles(signal);
    try {
      const file = await files.open(path);
      const format = wanted ?? (await formatOf(file));
      const invalidFile: InvalidFile = (what, code = 'INVALID_WEIGHTS') =>
        new GoogLeNetError(code, `${path} is not ${format.name} that can be read: ${what}.`);
      const contents = await format.read(file, { open: (name) => files.open(name), invalidFile });
      return new WeightsFile(file, files, contents, invalidFile);
    } catch (error) {
      await files.close();
      throw error;
    }
  }

  /**
   * Compares every byte with the checksums that the file has. Calling it again reads nothing.
   * @throws GoogLeNetError `INVALID_WEIGHTS` where bytes are damaged or missing, `FILE_ERROR`, `ABORTED`
   */
  verify(): Promise<void> {
    this.#verified ??= this.#verify();
    return this.#verified;
  }

  /**
   * To be called after tensors were read: where another process has written into the file, they are not those that were checked.
   * @throws GoogLeNetError `INVALID_WEIGHTS`, `ABORTED`
   */
  async assertUnchanged(): Promise<void> {
    throwIfAborted(this.signal, `Reading ${this.path}`);
    const changed = await this.#files.findChanged();
    if (changed) throw this.#invalidFile(`${changed.path} was written to meanwhile`);
  }

  /** Calling it again does nothing. */
  close(): Promise<void> {
    return this.#files.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens a file of weights, and closes it after `use`.
 * @throws as `WeightsFile.open`; what `use` throws.
 */
export async function withWeightsFile<T>(
  path: string,
  use: (file: WeightsFile) => Promise<T>,
  options?: OpenOptions,
): Promise<T> {
  const file = await WeightsFile.open(path, options);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function formatOf(file: OpenFile): Promise<Format> {
  const head = await file.head();
  const format = FORMATS.find((candidate) => candidate.recognizes(head.subarray(0, MAGIC_BYTES)));
  if (format) return format;
  const kind = kindOf(head) ?? 'it is neither safetensors nor what torch.save writes';
  throw new GoogLeNetError('INVALID_WEIGHTS', `${file.path} is no file of weights: ${kind}.`);
}
