/** From the flags of `googlenet train` to a run that can begin or go on; nothing is written yet. */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { checkResizeCrop } from '../../data/transforms.js';
import { GoogLeNetError } from '../../errors.js';
import { assertInputSize } from '../../input-size.js';
import { type Progress, readCheckpoint } from '../../train/checkpoint.js';
import { readTrainerConfig, type TrainerOptions } from '../../train/config.js';
import { flagOf } from '../flags.js';
import { assertSameClasses, describeFile } from '../weights-file.js';
import {
  assertSamePictures,
  type DataFlags,
  type Datasets,
  findFolders,
  openFolders,
  sourceOf,
} from './data.js';
import { assertNoRun, type RunDescription, readRun, runFiles } from './run-folder.js';
import { DEFAULTS, type SettingName, type TrainSettings } from './settings.js';

export interface TrainFlags extends DataFlags {
  out?: string;
  resume?: string;
  weights?: string;
  /** Those that were typed. */
  settings: Partial<TrainSettings>;
}

export interface Plan {
  dir: string;
  run: Omit<RunDescription, 'environment'>;
  datasets: Datasets;
  /** Where a resumed run goes on; null at the start, also of a run that was killed before its first checkpoint. */
  checkpoint: { path: string; progress: Progress } | null;
  resumed: boolean;
}

export const planTraining = (flags: TrainFlags): Promise<Plan> =>
  flags.resume === undefined ? planNewRun(flags) : planResumedRun(flags, flags.resume);

async function planNewRun(flags: TrainFlags): Promise<Plan> {
  const { out: dir } = flags;
  if (dir === undefined) throw missing('--out DIR, the folder of the run');
  await assertNoRun(dir);
  const folders = await findFolders(flags);
  if (folders === null) throw missing('--data DIR or --train DIR, the pictures');
  const datasets = await openFolders(folders);
  const settings = { ...DEFAULTS, ...flags.settings };
  const weights = flags.weights === undefined ? null : resolve(flags.weights);
  if (weights !== null) settings.auxLogits = await auxLogitsOf(weights, flags, folders.train, datasets);
  checkTogether(settings);
  const { train, validation } = datasets;
  const run = {
    train: sourceOf(folders.train, train),
    validation: validation && sourceOf(folders.validation ?? '', validation),
    weights,
    settings,
    classes: train.classes,
  };
  return { dir, run, datasets, checkpoint: null, resumed: false };
}

const missing = (what: string) => new GoogLeNetError('INVALID_ARGUMENT', `Give ${what}.`);

/** Each value has been checked alone; these depend on one another. */
function checkTogether(settings: TrainSettings): void {
  checkResizeCrop(settings.resize, settings.crop);
  assertInputSize(settings.crop, settings.crop);
  readTrainerConfig(trainerOptions(settings));
}

/** A file of weights decides whether there are auxiliary heads. */
async function auxLogitsOf(weights: string, flags: TrainFlags, folder: string, { train }: Datasets) {
  const file = await describeFile(weights);
  assertSameClasses(file, folder, train);
  const { auxLogits } = file.model;
  if ((flags.settings.auxLogits ?? auxLogits) !== auxLogits) {
    const has = auxLogits ? 'has auxiliary heads' : 'has no auxiliary heads';
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `The model in ${weights} ${has}; leave ${flagOf('auxLogits')} out.`,
    );
  }
  return auxLogits;
}

export const trainerOptions = (settings: TrainSettings): Required<TrainerOptions> => {
  const { lr, momentum, dampening, weightDecay, nesterov, stepSize, gamma, auxWeight } = settings;
  return {
    optimizer: { lr, momentum, dampening, weightDecay, nesterov },
    schedule: { stepSize, gamma },
    auxWeight,
  };
};

async function planResumedRun(flags: TrainFlags, dir: string): Promise<Plan> {
  const before = await readRun(dir);
  const folders = (await findFolders(flags)) ?? {
    train: before.train.folder,
    validation: before.validation?.folder ?? null,
  };
  const settings = mergeSettings(before.settings, flags.settings);
  const datasets = await openFolders(folders);
  assertSamePictures(before.train, datasets.train, folders.train);
  if ((before.validation === null) !== (datasets.validation === null)) {
    const was = before.validation === null ? 'without' : 'with';
    throw new GoogLeNetError('INVALID_ARGUMENT', `The run began ${was} validation pictures and goes on so.`);
  }
  if (before.validation && datasets.validation) {
    assertSamePictures(before.validation, datasets.validation, folders.validation ?? '');
  }
  if (!isDeepStrictEqual([...before.classes], [...datasets.train.classes])) {
    throw new GoogLeNetError(
      'INVALID_DATASET',
      `${folders.train} has other classes than the run began with.`,
    );
  }
  const checkpoint = await findCheckpoint(dir, settings);
  const run = {
    ...before,
    train: { ...before.train, folder: folders.train },
    validation: before.validation && { ...before.validation, folder: folders.validation ?? '' },
    settings,
  };
  return { dir, run, datasets, checkpoint, resumed: true };
}

/** What may differ: neither changes a number of the run so far. */
const FREE: readonly SettingName[] = ['epochs', 'checkpointEvery'];

function mergeSettings(before: TrainSettings, given: Partial<TrainSettings>): TrainSettings {
  const changed = (Object.keys(given) as SettingName[]).filter(
    (name) => !FREE.includes(name) && given[name] !== before[name],
  );
  if (changed.length > 0) {
    const list = changed.map((name) => `${flagOf(name)} (${before[name]}, now ${given[name]})`).join(', ');
    const fix = 'Leave them out, or start a new run from its weights with --weights';
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `A resumed run keeps its settings. Changed: ${list}. ${fix}.`,
    );
  }
  const settings = { ...before, ...given };
  if (settings.epochs < before.epochs) {
    const message = `The run is one of ${before.epochs} epochs; a resumed run may only have more, not ${settings.epochs}.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  return settings;
}

async function findCheckpoint(dir: string, settings: TrainSettings): Promise<Plan['checkpoint']> {
  const { checkpoint: path, settings: settingsFile } = runFiles(dir);
  try {
    const { progress, trainer } = await readCheckpoint(path);
    if (isDeepStrictEqual(trainer, readTrainerConfig(trainerOptions(settings)))) return { path, progress };
  } catch (error) {
    if ((error as GoogLeNetError).code === 'FILE_NOT_FOUND') return null;
    throw error;
  }
  throw new GoogLeNetError(
    'INVALID_CHECKPOINT',
    `${settingsFile} and ${path} have different settings. Put the settings back, or start a new run with --weights ${path}.`,
  );
}
