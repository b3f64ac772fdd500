/** What every format of weights files has. */

import { GoogLeNetError } from '../core/errors.js';
import type { TensorSpan } from '../core/tensor.js';
import type { InvalidFile } from './invalid-file.js';
import type { OpenFile } from './open-files.js';
import { quote } from './quote.js';

/** A tensor and the open file it lies in. */
export interface StoredTensor extends TensorSpan {
  /** For reading the values: by now the name may lead to another file. */
  readonly fd: number;
}

/** An entry that cannot be read as a tensor: an error only where a model has a tensor of that name. */
export interface ForeignTensor {
  readonly name: string;
  /** As messages go on after its name: `has the dtype C64, which …`. */
  readonly what: string;
}

/** Where such an entry is what a model needs. */
export function unreadable(path: string, { name, what }: ForeignTensor): GoogLeNetError {
  const message = `The tensor ${quote(name)} of ${path} ${what}. Save it as floats of 32, 16 or bfloat16 bits.`;
  return new GoogLeNetError('INVALID_WEIGHTS', message);
}

export interface Contents {
  /** In the order of the file. */
  readonly tensors: readonly StoredTensor[];
  readonly foreign: readonly ForeignTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Compares every byte with the checksums that the file has. @throws what `invalidFile` makes */
  verify(): Promise<void>;
}

export interface ReadOptions {
  /** Opens a file next to this one for as long. @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR` */
  open(path: string): Promise<OpenFile>;
  invalidFile: InvalidFile;
}

export interface Format {
  /** As messages name it: `a safetensors file`. */
  readonly name: string;
  /** By the first bytes of a file, at most 16. */
  recognizes(head: Buffer): boolean;
  /** @throws what `invalidFile` makes for anything malformed or damaged */
  read(file: OpenFile, options: ReadOptions): Promise<Contents>;
}
