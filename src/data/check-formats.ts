/** Finds files of a data set that cannot be decoded before a training meets them, hours later. */
import { close, constants, open, read } from 'node:fs';
import { GoogLeNetError } from '../core/errors.js';
import { fsPath } from '../core/files/file-names.js';
import { DECODED_FORMATS, describeUnknown, formatOf, HEADER_BYTES } from './image-format.js';

/** Twice the threads of libuv's pool: one waits for the disk while another is in between. */
const AT_ONCE = 8;
const SHOWN = 5;

/** @throws GoogLeNetError `INVALID_DATASET` naming the first of those whose first bytes are of no format that is decoded. */
export async function checkFormats(dir: string, paths: readonly string[]): Promise<void> {
  const unknown: { index: number; what: string }[] = [];
  let next = 0;
  const check = async () => {
    while (next < paths.length) {
      const index = next++;
      const header = await headerOf(paths[index] as string);
      if (header !== null && formatOf(header) === null)
        unknown.push({ index, what: describeUnknown(header) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, check));
  if (unknown.length === 0) return;
  unknown.sort((a, b) => a.index - b.index);
  const shown = unknown.slice(0, SHOWN).map(({ index, what }) => `${paths[index]} is ${what}`);
  const more = unknown.length > SHOWN ? `, and ${unknown.length - SHOWN} more` : '';
  const count = `${unknown.length} of ${paths.length} files in ${dir} cannot be decoded`;
  const advice =
    "Convert them, for example to PNG, or move them out of the folder. To leave them out: --on-decode-error skip; in programs checkFormats: false and onDecodeError: 'skip'.";
  throw new GoogLeNetError(
    'INVALID_DATASET',
    `${count}: ${shown.join(', ')}${more}. ${DECODED_FORMATS}. ${advice}`,
  );
}

/** Null for what cannot be read: whoever reads the image says why. With callbacks, which take half the time of promises. */
function headerOf(path: string): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    // Without waiting for the other end of a named pipe.
    open(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK, (failed, file) => {
      if (failed) return resolve(null);
      const bytes = new Uint8Array(HEADER_BYTES);
      read(file, bytes, 0, HEADER_BYTES, 0, (error, count) =>
        close(file, () => resolve(error ? null : bytes.subarray(0, count))),
      );
    });
  });
}
