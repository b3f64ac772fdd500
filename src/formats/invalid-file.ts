import type { GoogLeNetError } from '../errors.js';

/** Makes the error to throw from what is wrong with a file: `it ends too early`. */
export type InvalidFile = (what: string) => GoogLeNetError;
