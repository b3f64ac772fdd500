import { GoogLeNetError } from './errors.js';

/** Bytes that are copied at a time on the JS thread: a tenth of a millisecond or two. */
const SLICE_BYTES = 2 ** 20;

/** Memory of our own, or `OUT_OF_MEMORY`. Zeroed lazily by the operating system, so this takes microseconds whatever the size. */
export function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    const message = `The host has no ${bytes} bytes left. Dispose of models, or use smaller ones.`;
    throw new GoogLeNetError('OUT_OF_MEMORY', message, { cause });
  }
}

/**
 * Copies callers' bytes into memory that nobody else can transfer, detach or shrink while C++ works on it. In slices, between
 * which the event loop goes on, so the sources must not change until the promise settles.
 * @param parts what to copy where in `target`.
 * @throws GoogLeNetError `INVALID_ARGUMENT` where a source was detached or resized meanwhile.
 */
export async function copyInSlices(
  target: Uint8Array,
  parts: readonly { source: ArrayBufferView; offset: number }[],
): Promise<void> {
  const sized = parts.map((part) => ({ ...part, bytes: part.source.byteLength }));
  let copied = 0;
  for (const { source, offset, bytes } of sized) {
    for (let at = 0; at < bytes; at += SLICE_BYTES) {
      if (source.byteLength !== bytes) {
        throw new GoogLeNetError(
          'INVALID_ARGUMENT',
          'An array was transferred or resized while it was being read. Wait for the promise.',
        );
      }
      const slice = new Uint8Array(source.buffer, source.byteOffset + at, Math.min(SLICE_BYTES, bytes - at));
      target.set(slice, offset + at);
      copied += slice.length;
      if (copied < SLICE_BYTES) continue;
      copied = 0;
      await new Promise(setImmediate);
    }
  }
}
