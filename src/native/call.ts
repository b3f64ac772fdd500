import { GoogLeNetError, isErrorCode } from '../errors.js';

/**
 * Calls into the addon and turns what it throws or rejects with into a {@link GoogLeNetError} whose stack is the caller's: an
 * error born on a compute thread has no JavaScript frames of its own.
 */
export async function call<T>(start: () => T | Promise<T>): Promise<T> {
  const site: { stack?: string } = {};
  Error.captureStackTrace(site, call);
  try {
    return await start();
  } catch (error) {
    throw translate(error, site);
  }
}

/** The same for calls that answer at once. */
export function callSync<T>(start: () => T): T {
  try {
    return start();
  } catch (error) {
    throw translate(error, error as Error);
  }
}

function translate(error: unknown, site: { stack?: string }): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  if (error instanceof GoogLeNetError || !isErrorCode(code)) return error;
  const translated = new GoogLeNetError(code, message);
  const frames = site.stack?.replace(/^.*?\n(?= {4}at )/s, '');
  if (frames) translated.stack = `${translated.name}: ${message}\n${frames}`;
  return translated;
}
