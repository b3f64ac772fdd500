/** The folder of one run: what lies where in it, and its settings.json. */

import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fromFileError, GoogLeNetError } from '../../core/errors.js';
import { writeFileAtomic } from '../../core/files/atomic-file.js';
import { makeFolder } from '../../core/files/make-folder.js';
import { readTextIfThere } from '../../core/files/regular-file.js';
import { formatJson } from '../../core/format.js';
import { parseShallow } from '../../core/json-depth.js';
import { integer, invalid, object, readOptions, string } from '../../core/validation.js';
import { METRICS_FILE } from '../../run/records/run-log.js';
import { lockFolder, type Unlock } from '../../train/folder-lock.js';
import { commandLine } from '../invocation.js';
import { SETTING_NAMES, SETTINGS, type TrainSettings } from './settings.js';

export const runFiles = (dir: string) => ({
  settings: join(dir, 'settings.json'),
  /** The state after the last epochs, and where the run was interrupted. */
  checkpoints: join(dir, 'checkpoints'),
  /** The final weights: there once the run is complete. */
  model: join(dir, 'model.safetensors'),
  /** Those of the epoch that was best on the validation images. */
  best: join(dir, 'best.safetensors'),
});

export interface Source {
  folder: string;
  images: number;
}

/** What settings.json says: all that is needed to go on. */
export interface RunDescription {
  train: Source;
  validation: Source | null;
  /** The file that the run started from. */
  weights: string | null;
  settings: TrainSettings;
  classes: readonly string[];
  /** What it ran on when it started; for readers. */
  environment: Record<string, unknown>;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` if the folder holds a run already. */
export async function assertNoRun(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw fromFileError(error, 'read', dir);
  });
  const ours = ['settings.json', METRICS_FILE, 'checkpoints', 'model.safetensors', 'best.safetensors'];
  if (!names.some((name) => ours.includes(name))) return;
  const resume = commandLine(['train', '--resume', dir]);
  throw new GoogLeNetError(
    'INVALID_ARGUMENT',
    `${dir} holds a run already. Continue it with \`${resume}\`, or choose another folder for --out.`,
  );
}

/**
 * Makes the folder and keeps other processes out of it.
 * @throws GoogLeNetError `INVALID_ARGUMENT` where another one is at work there, `FILE_ERROR`
 */
export async function lockRun(dir: string): Promise<Unlock> {
  await makeFolder(dir);
  return lockFolder(dir, 'training');
}

/** @param dir an existing folder. */
export async function writeRun(dir: string, run: RunDescription): Promise<void> {
  await writeFileAtomic(runFiles(dir).settings, [Buffer.from(`${formatJson(run)}\n`)]);
}

/** @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_CHECKPOINT` */
export async function readRun(dir: string): Promise<RunDescription> {
  const { settings: path } = runFiles(dir);
  const text = await readTextIfThere(path);
  if (text === null) {
    const message = `${dir} holds no run: there is no ${path}. Give the folder that was --out when it started.`;
    throw new GoogLeNetError('FILE_NOT_FOUND', message);
  }
  try {
    return checkRun(parseShallow(text));
  } catch (cause) {
    const message = `${path} is damaged: ${(cause as Error).message}`;
    throw new GoogLeNetError('INVALID_CHECKPOINT', message, { cause });
  }
}

const KEYS = ['train', 'validation', 'weights', 'settings', 'classes', 'environment'] as const;

function checkRun(value: unknown): RunDescription {
  const run = readOptions('settings.json', object('settings.json', value), KEYS);
  const { classes } = run;
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === 'string')) {
    throw invalid('classes', 'an array of names', classes);
  }
  return {
    train: checkSource('train', run.train),
    validation: run.validation === null ? null : checkSource('validation', run.validation),
    weights: run.weights === null ? null : string('weights', run.weights),
    settings: checkSettings(run.settings),
    classes,
    environment: object('environment', run.environment),
  };
}

function checkSource(name: string, value: unknown): Source {
  const { folder, images } = object(name, value);
  return { folder: string(`${name}.folder`, folder), images: integer(`${name}.images`, images, 1) };
}

/** What runs of earlier versions, which did not have these settings, did. */
const LATER: Partial<TrainSettings> = {
  architecture: 'reference',
  resetClassifier: false,
  headLr: null,
  freeze: 'none',
  transformInput: null,
  cudnnBenchmark: false,
  cudnnDeterministic: false,
  cudnnAllowTf32: true,
  matmulAllowTf32: false,
  deterministicAlgorithms: false,
};

function checkSettings(value: unknown): TrainSettings {
  const settings = readOptions('settings', object('settings', value), SETTING_NAMES);
  const complete = { ...LATER, ...settings };
  const checked = SETTING_NAMES.map((name) => [
    name,
    SETTINGS[name].check(`settings.${name}`, complete[name]),
  ]);
  return Object.fromEntries(checked) as TrainSettings;
}

/** A process that is killed while it writes a file leaves the unfinished one behind, as large as the model at the worst. */
export async function removeUnfinishedFiles(dir: string): Promise<void> {
  const names = await readdir(dir).catch(() => []);
  const unfinished = names.filter((name) => /^\..+\.[\da-f-]{36}\.tmp$/.test(name));
  for (const name of unfinished) await rm(resolve(dir, name), { force: true });
}
