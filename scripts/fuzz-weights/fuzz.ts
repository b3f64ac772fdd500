/** Files of a kind, written one after the other and read in another process; what comes of them is counted. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dice } from './dice.js';
import { KINDS, type Kind } from './kinds.js';
import { Reader, type Reading } from './reader.js';

/** Of CPU, for one file: more is a hang. */
export const MOST_MS = 2000;
/** Of memory beyond what the process has anyway. */
export const MOST_MEGABYTES = 64;

export interface FuzzOptions {
  kind: string;
  count: number;
  seed: number;
  /** Only the file of this number. */
  only?: number | undefined;
  /** Where files are left that fail. */
  folder?: string | undefined;
}

export interface FuzzResult {
  kind: string;
  files: number;
  accepted: number;
  /** By code. */
  refused: Record<string, number>;
  failures: { number: number; failure: string }[];
  worst: { ms: number; megabytes: number };
}

/** The bytes of one file: seed, kind and number say all. */
export async function fileOf(kind: string, seed: number, number: number): Promise<Buffer> {
  const { ways, mostBytes } = KINDS[kind] as Kind;
  const dice = new Dice(seed, number);
  const way = ways[number % ways.length] as Kind['ways'][number];
  return way(dice, bytesOf(dice, number, ways.length, mostBytes));
}

/** Of what a reader takes: almost all, where its own bounds count, a part that only the others refuse, and too much. */
const PASSES = [0.95, 0.4, 0.1, 1.3];

/** The first files of every way are large: what bounds them is tried by a short run, too. Most of the later ones are small. */
function bytesOf(dice: Dice, number: number, ways: number, most: number): number {
  const pass = PASSES[Math.floor(number / ways)];
  if (pass !== undefined) return Math.floor(pass * most);
  return dice.size(
    dice.once(100) ? 1.3 * most : dice.once(10) ? Math.min(most, 2 ** 16) : Math.min(most, 4096),
  );
}

export async function fuzz({ kind, count, seed, only, folder }: FuzzOptions): Promise<FuzzResult> {
  const { reader: readerName, beside, sound } = KINDS[kind] as Kind;
  const place = mkdtempSync(join(tmpdir(), 'googlenet-fuzz-'));
  const path = join(place, 'file');
  for (const [name, bytes] of Object.entries((await beside?.()) ?? {}))
    writeFileSync(join(place, name), bytes);
  const soundFile = join(place, 'sound');
  writeFileSync(soundFile, await sound());
  const start = () => Reader.start(readerName, soundFile);
  let reader = await start();

  /** In a new process: memory of earlier files, and their garbage, is then no part of this one's. */
  const alone = async (): Promise<Reading> => {
    await reader.stop();
    reader = await start();
    return reader.read(path);
  };

  const result: FuzzResult = {
    kind,
    files: 0,
    accepted: 0,
    refused: {},
    failures: [],
    worst: { ms: 0, megabytes: 0 },
  };
  try {
    const numbers = only === undefined ? Array(count).keys() : [only];
    for (const number of numbers) {
      // A new file each time: some file systems write an old one to the disk when it is cut to nothing.
      rmSync(path, { force: true });
      writeFileSync(path, await fileOf(kind, seed, number));
      let reading = await reader.read(path);
      if (reading.megabytes > MOST_MEGABYTES) reading = await alone();
      note(result, reading);
      const failure = failureOf(reading);
      if (folder !== undefined && (failure !== undefined || only !== undefined)) {
        mkdirSync(folder, { recursive: true });
        copyFileSync(path, join(folder, `${kind.replace(/\W+/g, '-')}-${seed}-${number}`));
      }
      if (failure === undefined) continue;
      result.failures.push({ number, failure });
      await reader.stop();
      reader = await start();
    }
  } finally {
    await reader.stop();
    rmSync(place, { recursive: true });
  }
  return result;
}

function note(result: FuzzResult, { code, failure, ms, megabytes }: Reading): void {
  result.files++;
  if (code !== null) result.refused[code] = (result.refused[code] ?? 0) + 1;
  else if (failure === undefined) result.accepted++;
  result.worst.ms = Math.max(result.worst.ms, ms);
  result.worst.megabytes = Math.max(result.worst.megabytes, megabytes);
}

function failureOf({ failure, ms, megabytes }: Reading): string | undefined {
  if (failure !== undefined) return failure;
  if (ms > MOST_MS) return `took ${ms.toFixed(0)} ms of CPU`;
  if (megabytes > MOST_MEGABYTES) return `took ${megabytes.toFixed(0)} MB`;
  return undefined;
}
