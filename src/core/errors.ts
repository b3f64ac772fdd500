import { withVisibleBytes } from './files/file-names.js';

/**
 * Every error this package raises on purpose, as code → what it means. Codes are part of the public API:
 * programs branch on them; the wording of messages may change.
 */
export const ERROR_CODES = {
  INVALID_ARGUMENT: 'An option or argument has the wrong type, range or name.',
  INVALID_SHAPE: 'A tensor has a shape that the model cannot take.',
  INVALID_DTYPE: 'A typed array is of the wrong element type.',
  INVALID_LABEL: 'A class label is outside [0, numClasses).',
  INVALID_WEIGHTS: 'A weights file is truncated or malformed.',
  UNSAFE_PICKLE:
    'A file of torch.save holds more than a state_dict; reading it as Python does could run any program.',
  WEIGHTS_MISMATCH: 'Tensors are missing, unexpected or of another shape than the model.',
  INVALID_CHECKPOINT: 'A checkpoint lacks something that is needed to resume from it.',
  INVALID_RUN_LOG:
    'What a run wrote down about itself (metrics.jsonl, validation.json, settings.json) is damaged.',
  INVALID_IMAGE: 'An image could not be decoded.',
  INVALID_DATASET:
    'A dataset has no classes or no images, its files or its stream are broken, or its classes do not match.',
  FILE_NOT_FOUND: 'A file or folder does not exist.',
  FILE_ERROR: 'The operating system refused to read or write a file.',
  DOWNLOAD_FAILED: 'Published weights could not be downloaded.',
  ADDRESS_IN_USE: 'Another program listens on the port that was asked for.',
  DISPOSED: 'The model or trainer was disposed.',
  ABORTED: 'An AbortSignal stopped the operation.',
  OVERLOADED: 'More calls wait for a model or engine than its maxQueue allows.',
  LOGGER_FAILED: 'A logger of a training run threw an error that has no code of its own.',
  DIVERGED: 'The loss of a training or evaluation became NaN or infinite.',
  CUDA_UNAVAILABLE: 'CUDA was asked for and cannot be used.',
  UNSUPPORTED:
    'What was asked for cannot be had here: a layer that no engine has, instructions that the machine lacks, bfloat16 on an old GPU.',
  DEVICE_LOST:
    'A CUDA device failed in such a way that nothing more can be computed on it in this process, or does not answer.',
  OUT_OF_MEMORY: 'Memory of the host or the device ran out.',
  ADDON_NOT_BUILT: 'The native addon has not been built yet.',
  ADDON_LOAD_FAILED: 'The native addon exists but could not be loaded.',
  LIBTORCH_NOT_FOUND: 'No usable libtorch was found.',
  LIBTORCH_UNSUPPORTED:
    'The libtorch found is outside the supported range or is another one than the addon was built for.',
  TOOL_MISSING: 'A program that the setup needs is not installed.',
  SETUP_FAILED: 'A step of the setup failed.',
  LIBTORCH_ERROR: 'libtorch raised an error that has no code of its own.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A few lines; only what callers give (paths, names, texts) makes a message longer. */
const MAX_MESSAGE = 2000;

/** Without its middle: the beginning says what went wrong, and the end what to do. */
function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE) return message;
  const half = MAX_MESSAGE / 2;
  const left = message.length - MAX_MESSAGE;
  return `${message.slice(0, half)} … (${left} characters left out) … ${message.slice(-half)}`;
}

/** The one error class of this package: `code` is stable, `message` says what to do about it. */
export class GoogLeNetError extends Error {
  override readonly name = 'GoogLeNetError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(shortened(withVisibleBytes(message)), options);
    this.code = code;
  }
}

/**
 * For the beginning of an operation and between its stages.
 * @throws GoogLeNetError `ABORTED`
 */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new GoogLeNetError('ABORTED', `${what} was aborted.`, { cause: signal.reason });
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

/** Turns a failed call of `node:fs` into our error; anything else passes through unchanged. */
export function fromFileError(error: unknown, action: string, path: string): Error {
  const cause = error as NodeJS.ErrnoException;
  if (!(cause instanceof GoogLeNetError) && cause?.code === 'ERR_INVALID_ARG_VALUE') {
    const message = `Cannot ${action} ${JSON.stringify(path)}: it is no path (${cause.message}).`;
    return new GoogLeNetError('INVALID_ARGUMENT', message, { cause });
  }
  // Only the operating system's: other errors of Node have codes too.
  if (cause instanceof GoogLeNetError || typeof cause?.code !== 'string' || cause.syscall === undefined)
    return cause;
  if (cause.code === 'ENOENT') {
    return new GoogLeNetError('FILE_NOT_FOUND', `Cannot ${action} ${path}: it does not exist.`, { cause });
  }
  return new GoogLeNetError('FILE_ERROR', `Cannot ${action} ${path}: ${cause.message}.`, { cause });
}
