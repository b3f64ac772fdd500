/** Files of a kind, written one after the other and read in another process; what comes of them is counted. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileOf } from './files.js';
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

/** Files that are read at one message: one for each would take longer than reading them. */
const MOST_AT_ONCE = 200;
const MOST_BYTES_AT_ONCE = 8 * 2 ** 20;

interface Written {
  number: number;
  path: string;
}

export async function fuzz({ kind, count, seed, only, folder }: FuzzOptions): Promise<FuzzResult> {
  const { reader, neighbors, sound } = KINDS[kind] as Kind;
  const place = mkdtempSync(join(tmpdir(), 'googlenet-fuzz-'));
  for (const [name, bytes] of Object.entries((await neighbors?.()) ?? {}))
    writeFileSync(join(place, name), bytes);
  writeFileSync(join(place, 'sound'), await sound());
  const readers = new Readers(() => Reader.start(reader, join(place, 'sound')));
  const result: FuzzResult = {
    ...{ kind, files: 0, accepted: 0, refused: {}, failures: [] },
    worst: { ms: 0, megabytes: 0 },
  };
  const keep = ({ number, path }: Written) => {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    copyFileSync(path, join(folder, `${kind.replace(/\W+/g, '-')}-${seed}-${number}`));
  };

  let written: Written[] = [];
  let bytesWritten = 0;
  const readAll = async () => {
    const readings = await readers.read(written.map(({ path }) => path));
    for (const [i, file] of written.entries()) {
      const reading = readings[i] as Reading;
      note(result, reading);
      const failure = failureOf(reading);
      if (failure !== undefined) result.failures.push({ number: file.number, failure });
      if (failure !== undefined || only !== undefined) keep(file);
      rmSync(file.path);
    }
    [written, bytesWritten] = [[], 0];
  };

  try {
    for (const number of only === undefined ? Array(count).keys() : [only]) {
      const bytes = await fileOf(kind, seed, number);
      const path = join(place, `file-${number}`);
      writeFileSync(path, bytes);
      written.push({ number, path });
      bytesWritten += bytes.length;
      if (written.length === MOST_AT_ONCE || bytesWritten > MOST_BYTES_AT_ONCE) await readAll();
    }
    await readAll();
  } finally {
    await readers.stop();
    rmSync(place, { recursive: true });
  }
  return result;
}

/** One process after another: whoever was in one that died, or that had too much memory by then, is read again in one of its own. */
class Readers {
  #reader: Promise<Reader> | null = null;

  constructor(readonly start: () => Promise<Reader>) {}

  async read(paths: readonly string[]): Promise<Reading[]> {
    this.#reader ??= this.start();
    const readings = await (await this.#reader).read(paths);
    const isDoubtful = (i: number) =>
      typeof readings === 'string' || (readings[i]?.megabytes ?? 0) > MOST_MEGABYTES;
    const results: Reading[] = [];
    for (const [i, path] of paths.entries())
      results.push(isDoubtful(i) ? await this.#alone(path) : (readings[i] as Reading));
    return results;
  }

  async #alone(path: string): Promise<Reading> {
    await this.stop();
    const reader = await this.start();
    this.#reader = Promise.resolve(reader);
    const readings = await reader.read([path]);
    if (typeof readings !== 'string') return readings[0] as Reading;
    await this.stop();
    return { code: null, failure: `the process died: ${readings}`, ms: 0, megabytes: 0 };
  }

  async stop(): Promise<void> {
    await (await this.#reader)?.stop();
    this.#reader = null;
  }
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
