/** The metrics of a run as TensorBoard reads them: `events.out.tfevents.<seconds>.googlenet` in the folder of the run. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError } from '../../core/errors.js';
import { AppendOnlyFile } from '../../core/files/append-only-file.js';
import {
  checkRecord,
  EPOCH_METRICS,
  type EpochRecord,
  type Metric,
  type RunRecord,
  STEP_METRICS,
  type StepRecord,
} from '../records/records.js';
import { runRecords } from '../records/run-log.js';
import { restartEvent, scalarsEvent, versionEvent } from './event.js';

const EVENTS_FILE = /^events\.out\.tfevents\.(\d{1,12})\.googlenet$/;
/** TensorBoard reads whatever has `tfevents` in its name. */
const UNFINISHED_FILE = /^\.tensorboard\.[\w-]+\.tmp$/;
/** Bytes that are gathered before they are written. */
const PIECE = 2 ** 18;

export class TensorBoardLog {
  readonly #file: AppendOnlyFile;

  private constructor(file: AppendOnlyFile) {
    this.#file = file;
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Writes the records that metrics.jsonl holds to a new file, puts it in place of older ones, and keeps it open for more. So a run
   * that resumes from a checkpoint shows nothing that was cut off from its log. A kill in between leaves both files, of which
   * TensorBoard shows the newer.
   * @param runDir a folder with a metrics.jsonl, whose writer must not be at work meanwhile.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_RUN_LOG`, `FILE_ERROR`.
   */
  static async open(runDir: string): Promise<TensorBoardLog> {
    const older = await ownFiles(runDir);
    const seconds = Math.max(Math.floor(Date.now() / 1000), ...older.map(({ seconds }) => seconds + 1));
    const path = join(runDir, `events.out.tfevents.${seconds}.googlenet`);
    const temporary = join(runDir, `.tensorboard.${randomUUID()}.tmp`);
    try {
      const file = await open(temporary, 'ax');
      try {
        await writeAll(file, runDir, seconds);
        await rename(temporary, path);
        for (const { name } of older) await rm(join(runDir, name), { force: true });
        return new TensorBoardLog(new AppendOnlyFile(file, path));
      } catch (error) {
        await file.close();
        await rm(temporary, { force: true });
        throw error;
      }
    } catch (error) {
      throw fromFileError(error, 'write', path);
    }
  }

  /**
   * Resolves when the operating system has the event. Await it; after a failure (a full disk) every later call fails too.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `FILE_ERROR`
   */
  async append(record: RunRecord): Promise<void> {
    await this.#file.append(eventOf(checkRecord(record)));
  }

  /** Waits for the events under way. */
  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Event files that this package wrote, and what a killed process has left of one. */
async function ownFiles(runDir: string): Promise<{ name: string; seconds: number }[]> {
  try {
    const names = await readdir(runDir);
    return names.flatMap((name) => {
      if (UNFINISHED_FILE.test(name)) return [{ name, seconds: 0 }];
      const match = EVENTS_FILE.exec(name);
      return match ? [{ name, seconds: Number(match[1]) }] : [];
    });
  } catch (error) {
    throw fromFileError(error, 'read', runDir);
  }
}

async function writeAll(file: FileHandle, runDir: string, time: number): Promise<void> {
  let events = [versionEvent(time), restartEvent(time)];
  let size = 0;
  for await (const record of runRecords(runDir)) {
    const event = eventOf(record);
    events.push(event);
    size += event.length;
    if (size < PIECE) continue;
    await file.appendFile(Buffer.concat(events));
    events = [];
    size = 0;
  }
  await file.appendFile(Buffer.concat(events));
  await file.sync();
}

function eventOf(record: RunRecord): Buffer {
  const values = Object.entries(record.type === 'step' ? stepTags(record) : epochTags(record));
  const measured = values.filter((entry): entry is [string, number] => isFloat(entry[1]));
  return scalarsEvent({ time: record.time, step: record.step, values: measured });
}

/** Not null, and a number that 32 bits can hold. */
const isFloat = (value: Metric): boolean => value !== null && Number.isFinite(Math.fround(value));

const stepTags = (record: StepRecord): Record<string, Metric> => ({
  ...tags('train/', STEP_METRICS, record),
  'train/lr': record.lr,
  'train/images_per_second': record.imagesPerSecond,
});

const epochTags = (record: EpochRecord): Record<string, Metric> => ({
  ...tags('epoch/train_', EPOCH_METRICS, record.train),
  ...(record.validation === null ? {} : tags('epoch/validation_', EPOCH_METRICS, record.validation)),
  'epoch/lr': record.lr,
  'epoch/images_per_second': record.imagesPerSecond,
  'epoch/seconds': record.seconds,
  'epoch/skipped': record.skipped,
});

const tags = <K extends string>(prefix: string, names: readonly K[], values: Record<K, Metric>) =>
  Object.fromEntries(names.map((name) => [prefix + snakeCase(name), values[name]]));

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
