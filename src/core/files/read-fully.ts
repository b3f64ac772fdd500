import { read } from 'node:fs';
import { promisify } from 'node:util';

const readAt = promisify(read);

/** One call reads less than 2 GiB. */
const MAX_READ_BYTES = 2 ** 30;

/** Fills `target` from a position of an open file. @returns false where the file ends first: somebody has truncated it meanwhile. */
export async function readFully(fd: number, target: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await readAt(
      fd,
      target,
      done,
      Math.min(target.length - done, MAX_READ_BYTES),
      position + done,
    );
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}
