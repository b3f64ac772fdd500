/** Weights in any format that is read here, told apart by their first bytes and not by their names. */
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { KIND_BYTES, kindOf } from './file-kind.js';
import type { Contents, Format } from './format.js';
import type { InvalidFile } from './invalid-file.js';
import { isChanged, type OpenFile, readBytes, withOpenFiles } from './open-files.js';
import { LEGACY_PTH } from './pth/legacy.js';
import { PTH } from './pth/pth.js';
import { SAFETENSORS } from './safetensors.js';
import { SHARDED } from './sharded.js';

const FORMATS: readonly Format[] = [PTH, LEGACY_PTH, SAFETENSORS, SHARDED];

const HEAD_BYTES = 16;

export interface TensorFile extends Contents {
  readonly path: string;
  /** To be asked after the numbers were read: they are not those that were checked where somebody has written meanwhile. */
  assertUnchanged(): Promise<void>;
}

export interface ReadFileOptions {
  signal?: AbortSignal | undefined;
}

/**
 * Opens a file of weights, checks all of it and closes it after `use`.
 * @throws GoogLeNetError `INVALID_WEIGHTS` for anything malformed or damaged, `UNSAFE_PICKLE`, `FILE_NOT_FOUND`, `FILE_ERROR`,
 * `ABORTED`; what `use` throws.
 */
export const withTensorFile = <T>(
  path: string,
  use: (file: TensorFile) => Promise<T>,
  { signal }: ReadFileOptions = {},
): Promise<T> => withContents(path, { verify: true, signal }, use);

/** What a file of weights says it has; its values may be damaged. @throws as `withTensorFile` */
export const describeTensorFile = (path: string, { signal }: ReadFileOptions = {}): Promise<Contents> =>
  withContents(path, { verify: false, signal }, async ({ tensors, foreign, metadata }) => ({
    tensors,
    foreign,
    metadata,
  }));

function withContents<T>(
  path: string,
  { verify, signal }: { verify: boolean; signal: AbortSignal | undefined },
  use: (file: TensorFile) => Promise<T>,
): Promise<T> {
  return withOpenFiles(async (openFile) => {
    const files: OpenFile[] = [];
    const open = async (name: string) => {
      const opened = await openFile(name);
      files.push(opened);
      return opened;
    };
    const file = await open(path);
    const format = await formatOf(file);
    const invalidFile: InvalidFile = (what, code = 'INVALID_WEIGHTS') =>
      new GoogLeNetError(code, `${path} is not ${format.name} that can be read: ${what}.`);
    const assertUnchanged = async () => {
      throwIfAborted(signal, `Reading ${path}`);
      for (const one of files)
        if (await isChanged(one)) throw invalidFile(`${one.path} was written to meanwhile`);
    };
    return use({ path, assertUnchanged, ...(await format.read(file, { verify, open, invalidFile })) });
  }, signal);
}

async function formatOf(file: OpenFile): Promise<Format> {
  const head = (await readBytes(file, Math.min(file.size, KIND_BYTES), 0)) ?? Buffer.alloc(0);
  const format = FORMATS.find((candidate) => candidate.recognizes(head.subarray(0, HEAD_BYTES)));
  if (format) return format;
  const kind = kindOf(head) ?? 'it is neither safetensors nor what torch.save writes';
  throw new GoogLeNetError('INVALID_WEIGHTS', `${file.path} is no file of weights: ${kind}.`);
}
