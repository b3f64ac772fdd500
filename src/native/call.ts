import { GoogLeNetError, isErrorCode } from '../core/errors.js';

/**
 * Calls into the addon and turns what it throws or rejects with into a {@link GoogLeNetError}. An error born on a compute thread has no
 * JavaScript frames of its own: the one made here has those of who awaits the call.
 */
export async function call<T>(start: () => T | Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    throw fromNative(error);
  }
}

/** The same for calls that answer at once. */
export function callSync<T>(start: () => T): T {
  try {
    return start();
  } catch (error) {
    throw fromNative(error);
  }
}

/** A {@link GoogLeNetError} for what the addon raises; other errors stay what they are. */
export function fromNative(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  return error instanceof GoogLeNetError || !isErrorCode(code) ? error : new GoogLeNetError(code, message);
}
