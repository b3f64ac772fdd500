import { GoogLeNetError } from './errors.js';

interface Watch {
  listeners: Set<() => void>;
  tell: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls a listener when the signal comes. A signal has one listener of ours however many calls it is given to, since Node warns of a
 * leak from the eleventh on; and none when all calls have ended, so that a signal that lives long holds nothing.
 * @param listener must not throw.
 * @returns takes the listener back.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (!signal || signal.aborted) return () => {};
  const { listeners, tell } = watches.get(signal) ?? begin(signal);
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    signal.removeEventListener('abort', tell);
    if (watches.get(signal)?.listeners === listeners) watches.delete(signal);
  };
}

function begin(signal: AbortSignal): Watch {
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  signal.addEventListener('abort', tell, { once: true });
  const watch = { listeners, tell };
  watches.set(signal, watch);
  return watch;
}

/**
 * Resolves as the promise does, or rejects with `ABORTED` as soon as the signal aborts. The work itself continues, so this is for work
 * that cannot be stopped and that owns everything it uses.
 * @param what e.g. `The forward pass`.
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (!signal) return promise;
  let release = () => {};
  // A new promise each time: one that lives as long as the signal would keep every result that it has raced with.
  const aborted = new Promise<never>((_, reject) => {
    const abort = () =>
      reject(new GoogLeNetError('ABORTED', `${what} was aborted.`, { cause: signal.reason }));
    if (signal.aborted) abort();
    else release = onAbort(signal, abort);
  });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    release();
  }
}

/**
 * Waits for a promise, but once the signal has aborted no longer than `graceMs`: code of a caller may never end.
 * @param promise its failure after that is ignored.
 */
export async function withGrace(
  promise: Promise<unknown>,
  signal: AbortSignal | undefined,
  graceMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let release = () => {};
  const over = new Promise<void>((resolve) => {
    const begin = () => {
      timer = setTimeout(resolve, graceMs);
    };
    if (signal?.aborted) begin();
    else release = onAbort(signal, begin);
  });
  try {
    await Promise.race([promise, over]);
  } finally {
    release();
    clearTimeout(timer);
  }
}
