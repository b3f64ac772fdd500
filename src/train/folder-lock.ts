import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError, GoogLeNetError } from '../core/errors.js';

/** Releases the folder. */
export type Unlock = () => Promise<void>;

/** Identifies a process among all processes, earlier and later ones included. */
interface Holder {
  pid: number;
  /** ThroughputMeter ticks from the start of the machine to that of the process; a later process with the same number has another. */
  started: string;
  /** Random name of the machine's boot. */
  boot: string;
}

/**
 * Locks a folder for this process with a file that is named after it. A lock that a killed process has left is removed. Two processes
 * that lock at the same instant may both be refused, but never both succeed. Only processes of the same machine and container see one
 * another's locks.
 * @param use what the process does in the folder, for the message: `training`.
 * @throws GoogLeNetError `INVALID_ARGUMENT` where another one is at work, `FILE_NOT_FOUND`, `FILE_ERROR`
 */
export async function lockFolder(dir: string, use: string): Promise<Unlock> {
  try {
    const self = await identify(process.pid);
    if (self === null) throw new GoogLeNetError('FILE_ERROR', 'Cannot read /proc. Mount it.');
    const own = join(dir, nameOf(self));
    await claim(own, dir, use);
    // A lock that cannot be removed, because the folder is gone or read-only, means nothing once this process has ended.
    const unlock = () => rm(own, { force: true }).catch(() => void abandoned.add(own));
    try {
      await assertAlone(dir, self, use);
    } catch (error) {
      await unlock();
      throw error;
    }
    return unlock;
  } catch (error) {
    throw fromFileError(error, 'write to', dir);
  }
}

/** Locks that this process has released and could not remove. */
const abandoned = new Set<string>();

const nameOf = ({ pid, started, boot }: Holder): string => `.lock-${pid}-${started}-${boot}`;

function holderIn(name: string): Holder | null {
  const [, pid, started, boot] = /^\.lock-(\d+)-(\d+)-([\da-f-]+)$/.exec(name) ?? [];
  if (pid === undefined || started === undefined || boot === undefined) return null;
  return { pid: Number(pid), started, boot };
}

async function claim(path: string, dir: string, use: string): Promise<void> {
  try {
    await (await open(path, 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (abandoned.delete(path)) return;
    throw taken(dir, use, 'This process');
  }
}

/** Looks for other locks after its own file exists: of two processes at the same instant, at least one sees the other. */
async function assertAlone(dir: string, self: Holder, use: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const holder = holderIn(name);
    if (holder === null || name === nameOf(self)) continue;
    const now = await identify(holder.pid);
    if (now !== null && nameOf(now) === name) throw taken(dir, use, `Process ${holder.pid}`);
    await rm(join(dir, name), { force: true });
  }
}

function taken(dir: string, use: string, who: string): GoogLeNetError {
  const message = `${who} is already ${use} in ${dir}. Wait for its end, or choose another folder.`;
  return new GoogLeNetError('INVALID_ARGUMENT', message);
}

/** Null if no such process runs; a zombie does not run. */
async function identify(pid: number): Promise<Holder | null> {
  const [stat, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ]);
  // proc(5): the state is field 3, the start field 22. Field 2, the program's name in parentheses, may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields?.[0], fields?.[19]];
  if (state === undefined || started === undefined || /[ZXx]/.test(state)) return null;
  return { pid, started, boot: boot.trim() };
}
