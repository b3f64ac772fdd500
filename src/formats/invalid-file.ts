import type { ErrorCode, GoogLeNetError } from '../core/errors.js';

/** Makes the error to throw from what is wrong with a file: `it ends too early`. Code: `INVALID_WEIGHTS`, where no other is given. */
export type InvalidFile = (what: string, code?: ErrorCode) => GoogLeNetError;
