/**
 * Reads files, as many as a message names, in a process of its own: one that dies is noticed, and time and memory are those of the reader
 * alone. Started by `reader.ts`: worker.ts READER SOUND-FILE
 */
import { GoogLeNetError, isErrorCode } from '../../src/core/errors.js';
import type { Reading } from './reader.js';
import { READERS, type ReaderName } from './readers.js';

const [name, soundFile] = process.argv.slice(2) as [ReaderName, string];
const read = READERS[name];

const MEBI = 2 ** 20;
/** Longer messages are no messages. */
const MOST_CHARACTERS = 1000;
/** As often as it takes for code to be compiled and for buffers of the process to be there. */
const WARM_UP = 20;
/** Garbage of earlier files that may be there when one is read. What stays after a collection is the allocator's. */
const MOST_GARBAGE = 16 * MEBI;

const rss = () => process.memoryUsage.rss();
/** The most that the process ever had. */
const peak = () => process.resourceUsage().maxRSS * 1024;

async function outcomeOf(path: string): Promise<Pick<Reading, 'code' | 'failure'>> {
  try {
    await read(path);
    return { code: null };
  } catch (error) {
    if (!(error instanceof GoogLeNetError) || !isErrorCode(error.code))
      return { code: null, failure: String((error as Error)?.stack ?? error) };
    // Whoever caught it did not expect it.
    if (error.cause instanceof TypeError || error.cause instanceof RangeError)
      return { code: error.code, failure: `hides ${error.cause.stack}` };
    if (error.message.length <= MOST_CHARACTERS) return { code: error.code };
    return { code: error.code, failure: `a message of ${error.message.length} characters` };
  }
}

async function main(): Promise<void> {
  for (let i = 0; i < WARM_UP; i++) await read(soundFile);
  gc?.();
  const [base, highest] = [rss(), peak()];
  let collected = base;
  const measured = async (path: string): Promise<Reading> => {
    if (rss() - collected > MOST_GARBAGE) {
      gc?.();
      collected = rss();
    }
    const before = process.cpuUsage();
    const outcome = await outcomeOf(path);
    const { user, system } = process.cpuUsage(before);
    const grown = peak() > highest ? peak() - base : 0;
    return { ...outcome, ms: (user + system) / 1000, megabytes: grown / MEBI };
  };
  process.on('message', async (paths: readonly string[]) => {
    const readings: Reading[] = [];
    for (const path of paths) readings.push(await measured(path));
    process.send?.(readings);
  });
  process.send?.('ready');
}

void main();
