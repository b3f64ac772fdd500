/** What settings.json says of a run, for readers: any settings, also those of other versions of the package. */

import { join } from 'node:path';
import { GoogLeNetError } from '../../core/errors.js';
import { readTextIfThere } from '../../core/files/regular-file.js';
import { parseShallow } from '../../core/json-depth.js';
import { object } from '../../core/validation.js';

const SETTINGS_FILE = 'settings.json';

export interface RunSettings {
  /** In the order of the file, after the images, classes and weights it started from. */
  settings: ReadonlyMap<string, unknown>;
  environment: ReadonlyMap<string, unknown>;
  /** Epochs that were asked for, where the file says so. */
  epochs: number | null;
}

/**
 * @returns null where there is none.
 * @throws GoogLeNetError `INVALID_RUN_LOG`, `FILE_ERROR`
 */
export async function readRunSettings(runDir: string): Promise<RunSettings | null> {
  const path = join(runDir, SETTINGS_FILE);
  const text = await readTextIfThere(path);
  if (text === null) return null;
  try {
    return describe(parseShallow(text));
  } catch (cause) {
    throw new GoogLeNetError('INVALID_RUN_LOG', `${path} is damaged: ${(cause as Error).message}`, { cause });
  }
}

function describe(value: unknown): RunSettings {
  const run = object('settings.json', value);
  const settings = object('settings', run.settings);
  const { classes } = run;
  const sources = {
    train: sourceText(run.train),
    validation: sourceText(run.validation),
    classes: Array.isArray(classes) ? classes.length : null,
    weights: run.weights ?? null,
  };
  return {
    settings: new Map(Object.entries({ ...sources, ...settings })),
    environment: new Map(Object.entries(object('environment', run.environment ?? {}))),
    epochs: Number.isSafeInteger(settings.epochs) ? Number(settings.epochs) : null,
  };
}

function sourceText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const { folder, images } = object('source', value);
  return `${valueText(folder)} (${valueText(images)} images)`;
}

export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
