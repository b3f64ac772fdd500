/** `metrics.jsonl`: written line by line during a run, so a killed process loses at most the line it was writing. */

import { constants } from 'node:fs';
import { join } from 'node:path';
import { fromFileError, GoogLeNetError } from '../../core/errors.js';
import { AppendOnlyFile } from '../../core/files/append-only-file.js';
import { openRegularFile } from '../../core/files/regular-file.js';
import { parseShallow } from '../../core/json-depth.js';
import { checkRecord, type RunRecord } from './records.js';

export const METRICS_FILE = 'metrics.jsonl';

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;

/** The checkpoint that a run resumes from, or its start. */
export interface ResumePoint {
  /** Completed steps of the whole run. */
  step: number;
  /** Completed epochs. */
  epoch: number;
}

export interface RunLogOptions {
  /** Where the run resumes: records beyond it are cut off, because they are about to happen again. */
  resume?: ResumePoint | null;
}

export class RunLog {
  readonly #file: AppendOnlyFile;

  private constructor(file: AppendOnlyFile) {
    this.#file = file;
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Opens the log of a run for appending.
   * @param runDir an existing folder.
   * @throws GoogLeNetError `INVALID_ARGUMENT` if it holds the records of another run and `resume` is not given,
   * `INVALID_RUN_LOG`, `FILE_NOT_FOUND`, `FILE_ERROR`.
   */
  static async open(runDir: string, { resume = null }: RunLogOptions = {}): Promise<RunLog> {
    const path = join(runDir, METRICS_FILE);
    try {
      // Appending creates the file, and never overwrites what another handle has written meanwhile.
      const file = await openRegularFile(path, APPEND);
      try {
        await file.truncate(await bytesToKeep(path, resume));
        return new RunLog(new AppendOnlyFile(file, path));
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      throw fromFileError(error, 'open', path);
    }
  }

  /**
   * Resolves when the operating system has the line: it survives the end of the process, though not a power cut.
   * Await it; after a failure (a full disk) every later call fails too.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `FILE_ERROR`
   */
  async append(record: RunRecord): Promise<void> {
    await this.#file.append(`${JSON.stringify(checkRecord(record))}\n`);
  }

  /** Waits for the lines under way. */
  close(): Promise<void> {
    return this.#file.close();
  }
}

/** All records of a run; a last line without its end, torn by a kill, is left out. */
export async function readRunRecords(runDir: string): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for await (const record of runRecords(runDir)) records.push(record);
  return records;
}

/**
 * The same, one after the other.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_RUN_LOG`, `FILE_ERROR`
 */
export async function* runRecords(runDir: string): AsyncGenerator<RunRecord, void, void> {
  for await (const { record } of readLines(join(runDir, METRICS_FILE))) yield record;
}

async function bytesToKeep(path: string, resume: ResumePoint | null): Promise<number> {
  let kept = 0;
  for await (const { record, end } of readLines(path)) {
    if (resume === null) {
      const fix = 'Resume that run, or choose another folder';
      throw new GoogLeNetError('INVALID_ARGUMENT', `${path} holds the records of another run. ${fix}.`);
    }
    // An epoch's record comes after its last step and may be missing from a checkpoint that has that step.
    const reached = record.type === 'epoch' ? record.epoch > resume.epoch : record.step > resume.step;
    if (reached) break;
    kept = end;
  }
  return kept;
}

interface Line {
  record: RunRecord;
  /** Bytes of the file up to and including this line. */
  end: number;
}

/** No record is longer than a few hundred bytes; more is another file. */
const MAX_LINE_BYTES = 2 ** 16;

/** Reads by pieces of 64 KiB, so that the JS thread is free between them. */
async function* readLines(path: string): AsyncGenerator<Line> {
  let rest = Buffer.alloc(0);
  let end = 0;
  let count = 0;
  try {
    const file = await openRegularFile(path);
    // The stream closes the file.
    for await (const piece of file.createReadStream()) {
      rest = Buffer.concat([rest, piece as Buffer]);
      let start = 0;
      for (let stop = rest.indexOf(0x0a); stop >= 0; stop = rest.indexOf(0x0a, start)) {
        count++;
        const record = parseLine(rest.toString('utf8', start, stop), path, count);
        end += stop + 1 - start;
        start = stop + 1;
        yield { record, end };
      }
      rest = rest.subarray(start);
      if (rest.length > MAX_LINE_BYTES) throw invalidLine(path, count + 1, 'it is too long');
    }
  } catch (error) {
    throw fromFileError(error, 'read', path);
  }
}

function parseLine(text: string, path: string, number: number): RunRecord {
  try {
    return checkRecord(parseShallow(text));
  } catch (error) {
    throw invalidLine(path, number, (error as Error).message, error);
  }
}

const invalidLine = (path: string, number: number, why: string, cause?: unknown) =>
  new GoogLeNetError('INVALID_RUN_LOG', `Line ${number} of ${path} is not a record: ${why}`, { cause });
