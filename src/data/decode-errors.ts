import { GoogLeNetError } from '../core/errors.js';

/**
 * What happens with an image that is no image or whose file cannot be read (`INVALID_IMAGE`, `FILE_NOT_FOUND`, `FILE_ERROR`):
 * - `throw`: the error ends the loop.
 * - `skip`: it is left out, counted and named. `ImageFolder.open` then needs `checkFormats: false`, or it refuses such images itself.
 */
export type OnDecodeError = 'throw' | 'skip';
export const ON_DECODE_ERROR: readonly OnDecodeError[] = ['throw', 'skip'];

/** An image that was left out. */
export interface Skipped {
  /** Position in the dataset. */
  readonly index: number;
  readonly name: string;
  readonly reason: string;
}

/** Any other error is a mistake of the program, and leaving images out would hide it. */
export const isDecodeError = (error: unknown): error is GoogLeNetError =>
  error instanceof GoogLeNetError && ['INVALID_IMAGE', 'FILE_NOT_FOUND', 'FILE_ERROR'].includes(error.code);
