/** settings.json: what a run was told, and all that resuming it needs. */
import { resolve } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { writeFileAtomic } from '../core/files/atomic-file.js';
import { readTextIfThere } from '../core/files/regular-file.js';
import { formatJson } from '../core/format.js';
import { parseShallow } from '../core/json-depth.js';
import { MAX_PIXELS } from '../core/training-settings.js';
import { integer, invalid, object, readOptions, string } from '../core/validation.js';
import type { Dataset } from '../data/dataset.js';
import { currentBackends } from '../native/backends.js';
import { getNumThreads } from '../native/runtime.js';
import type { TrainingSource } from '../train/datasets.js';
import type { RunStart } from '../train/logger.js';
import { environment } from './environment.js';
import { runFiles } from './run-files.js';
import { DEFAULTS, SETTING_NAMES, SETTINGS, type TrainingSettings } from './settings.js';

/** Images that a run was trained or scored on. */
export interface DataSource {
  /** Absolute; null for images that come from no folder. */
  folder: string | null;
  /** Null for a stream that does not say. */
  images: number | null;
}

export interface RunDescription {
  train: DataSource;
  validation: DataSource | null;
  /** The file that the model's weights came from at the start; null for initial weights, or where nobody said. */
  weights: string | null;
  settings: TrainingSettings;
  classes: readonly string[];
  /** What it ran on when it started; for readers. */
  environment: Record<string, unknown>;
}

/** What `fit` cannot see of a run. */
export interface UnseenSettings {
  settings?: Partial<TrainingSettings> | undefined;
  weights?: string | null | undefined;
}

export function describeRun(
  run: RunStart,
  { settings = {}, weights = null }: UnseenSettings,
): RunDescription {
  const { source, validation, trainer } = run;
  return {
    train: describeSource(source),
    validation: validation && describeSource(validation),
    weights,
    settings: inOrder({ ...settingsOf(run), ...settings }),
    classes: source.classes,
    environment: environment(trainer.model.device),
  };
}

function describeSource(source: TrainingSource): DataSource {
  const { dir } = source as Dataset;
  return { folder: dir === undefined ? null : resolve(dir), images: source.length };
}

/** `fit` tells lists; a flag, and so settings.json, has them as one text. */
function settingsOf({ settings, source }: RunStart): Record<string, unknown> {
  const { freeze, classWeights } = settings as { freeze: string[]; classWeights: number[] | null };
  const { maxPixels = MAX_PIXELS, autoOrient = true } = (source as Dataset).decoding ?? {};
  const { cudnnBenchmark, cudnnAllowTf32, matmulAllowTf32, cudnnDeterministic, deterministicAlgorithms } =
    currentBackends();
  return {
    ...settings,
    freeze: freeze.length === 0 ? 'none' : freeze.join(','),
    classWeights: classWeights === null ? 'none' : classWeights.join(','),
    ...{ maxPixels, autoOrient, validationSplit: null, threads: getNumThreads() },
    ...{ initWeights: null, resetClassifier: false },
    ...{ cudnnBenchmark, cudnnAllowTf32, matmulAllowTf32, cudnnDeterministic, deterministicAlgorithms },
  };
}

function inOrder(values: Record<string, unknown>): TrainingSettings {
  const known = SETTING_NAMES.map((name) => [name, values[name] ?? null]);
  return { ...Object.fromEntries(known), ...values, ...Object.fromEntries(known) };
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
    const message = `${dir} holds no run: there is no ${path}. Give the folder that a run was started in.`;
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

function checkSource(name: string, value: unknown): DataSource {
  const { folder, images } = object(name, value);
  return {
    folder: folder === null ? null : string(`${name}.folder`, folder),
    images: images === null ? null : integer(`${name}.images`, images, 1),
  };
}

/** What runs of earlier versions, which did not have these settings, did. */
const LATER: Partial<TrainingSettings> = {
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

function checkSettings(value: unknown): TrainingSettings {
  const settings = object('settings', value);
  const complete: Record<string, unknown> = { ...LATER, ...settings };
  // Unknown to the library: a run of `trainer.fit` that was not told has null.
  complete.initWeights ??= 'initWeights' in settings ? DEFAULTS.initWeights : undefined;
  const checked = SETTING_NAMES.map((name) => [
    name,
    SETTINGS[name].check(`settings.${name}`, complete[name]),
  ]);
  return { ...settings, ...Object.fromEntries(checked) } as TrainingSettings;
}

/** What may differ in a resumed run: it changes no number of the run so far. */
export const FREE_SETTINGS: readonly string[] = [
  'epochs',
  'steps',
  'everyNTrainSteps',
  'saveLastK',
  'saveTopK',
  'everyNEpochs',
];

/** Of this machine and process, and so not the run's. */
const OF_THE_MACHINE: readonly string[] = ['device', 'threads'];

/** @throws GoogLeNetError `INVALID_ARGUMENT` naming each setting that differs, `INVALID_DATASET` for other images or classes. */
export function assertSameRun(before: RunDescription, now: RunDescription): void {
  assertSameImages('training', before.train, now.train);
  if (before.validation && now.validation) assertSameImages('validation', before.validation, now.validation);
  const [then, values] = [before.settings, now.settings].map(
    (all) => ({ ...all }) as Record<string, unknown>,
  );
  const changed = Object.entries(then ?? {}).filter(
    ([name, value]) =>
      value !== null &&
      ![...FREE_SETTINGS, ...OF_THE_MACHINE].includes(name) &&
      JSON.stringify(values?.[name] ?? null) !== JSON.stringify(value),
  );
  if (changed.length === 0) return;
  const list = changed.map(([name, value]) => `${name} (${value}, now ${values?.[name]})`).join(', ');
  throw new GoogLeNetError(
    'INVALID_ARGUMENT',
    `A resumed run keeps its settings. Changed: ${list}. Set them back, or start a new run from its weights.`,
  );
}

function assertSameImages(which: string, then: DataSource, now: DataSource): void {
  if (then.images === now.images) return;
  const message = `The run began with ${then.images} ${which} images, and now there are ${now.images}.`;
  throw new GoogLeNetError('INVALID_DATASET', `${message} Put them back, or start a new run.`);
}
