import { GoogLeNetError } from './errors.js';

/**
 * What the promise gives, or `ABORTED` as soon as the signal comes. What is under way goes on, so this is for work that cannot be
 * stopped and that owns all it needs.
 * @param what e.g. `The forward pass`.
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  watched: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (!watched) return promise;
  let abort = () => {};
  // A new promise each time: one that lives as long as the signal would keep every result that it has raced with.
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new GoogLeNetError('ABORTED', `${what} was aborted.`, { cause: watched.reason }));
    if (watched.aborted) abort();
    else watched.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    watched.removeEventListener('abort', abort);
  }
}
