import { basename, resolve } from 'node:path';
import type { RunRecord } from './records.js';
import { readRunRecords } from './run-log.js';
import { type RunSettings, readRunSettings } from './run-settings.js';
import { readValidation, type ValidationRecord } from './validation-record.js';

/** What the folder of a run tells about it. */
export interface RunData {
  /** Of the folder. */
  name: string;
  records: readonly RunRecord[];
  settings: RunSettings | null;
  validation: ValidationRecord | null;
}

/** @throws GoogLeNetError `FILE_NOT_FOUND` where there is no log, `FILE_ERROR`, `INVALID_RUN_LOG`. */
export const readRunData = async (runDir: string): Promise<RunData> => ({
  name: basename(resolve(runDir)),
  records: await readRunRecords(runDir),
  settings: await readRunSettings(runDir),
  validation: await readValidation(runDir),
});
