import { read } from 'node:fs';
import { promisify } from 'node:util';

const readAt = promisify(read);

/** Fills `target` from a position of an open file. @returns false where the file ends first: somebody has truncated it meanwhile. */
export async function readFully(fd: number, target: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await readAt(fd, target, done, target.length - done, position + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}
