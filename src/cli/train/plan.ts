/** From the flags of `googlenet train` to a run that can start or resume; nothing is written yet. */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GoogLeNetError } from '../../core/errors.js';
import { isSameClass } from '../../data/class-names.js';
import { checkResizeCrop } from '../../data/transforms.js';
import { assertInputSize } from '../../inference/input-size.js';
import type { ModelDescription } from '../../models/description.js';
import { readCheckpoint } from '../../train/checkpoint.js';
import { readTrainerConfig } from '../../train/config.js';
import { findCheckpoint } from '../../train/find-checkpoint.js';
import type { TrainState } from '../../train/train-state.js';
import type { ArchitectureName } from '../architectures.js';
import { readClassNames } from '../dataset.js';
import { flagOf } from '../flags.js';
import { unsaidTransform } from '../transform-input.js';
import { describeFile, hasSameClasses } from '../weights-file.js';
import {
  assertSameImages,
  type DataFlags,
  type Datasets,
  type Folders,
  findFolders,
  openFolders,
  sourceOf,
} from './data.js';
import { assertNamed, assertOneLength, assertUsed } from './meaning.js';
import { inputSizesOfArchitecture as inputSizesOf } from './model.js';
import { trainerOptions } from './options.js';
import { assertNoRun, type RunDescription, readRun, runFiles } from './run-folder.js';
import { DEFAULTS, type SettingName, type TrainSettings } from './settings.js';

export interface TrainFlags extends DataFlags {
  out?: string;
  resume?: string;
  weights?: string;
  /** Names for the classes of idx files. */
  classes?: string;
  /** Those that were typed. */
  settings: Partial<TrainSettings>;
}

export interface Plan {
  dir: string;
  run: Omit<RunDescription, 'environment'>;
  datasets: Datasets;
  /** Where a run resumes; null at the start, also of a run that was killed before its first checkpoint. */
  checkpoint: { path: string; state: TrainState } | null;
  resumed: boolean;
  /** What the user should know before it begins. */
  warnings: string[];
}

export const planTraining = (flags: TrainFlags): Promise<Plan> =>
  flags.resume === undefined ? planNewRun(flags) : planResumedRun(flags, flags.resume);

async function planNewRun(flags: TrainFlags): Promise<Plan> {
  const { out: dir } = flags;
  if (dir === undefined) throw missing('--out DIR, the folder of the run');
  await assertNoRun(dir);
  const folders = await findFolders(flags);
  if (folders === null) throw missing('--data DIR or --train DIR, the images');
  const settings = { ...DEFAULTS, ...flags.settings };
  assertOneLength(flags.settings);
  const names = flags.classes === undefined ? null : readClassNames(flags.classes);
  const datasets = await openFolders(folders, settings, names);
  if (names !== null) assertNamed(names, folders.train, datasets);
  const weights = flags.weights === undefined ? null : resolve(flags.weights);
  const warnings: string[] = [];
  if (weights !== null) Object.assign(settings, await settingsOf(weights, flags, datasets, warnings));
  else if (flags.settings.resetClassifier !== undefined)
    throw missing('--weights FILE, whose classifiers --reset-classifier replaces');
  assertUsed(flags.settings, settings);
  if (settings.architecture === 'xception') settings.auxLogits = false;
  checkTogether(settings, datasets);
  const { train, validation } = datasets;
  const run = {
    train: sourceOf(folders.train, train),
    validation: validation && sourceOf(folders.validation ?? folders.train, validation),
    weights,
    settings,
    classes: train.classes,
  };
  return { dir, run, datasets, checkpoint: null, resumed: false, warnings };
}

const missing = (what: string) => new GoogLeNetError('INVALID_ARGUMENT', `Give ${what}.`);

/** Each value has been checked alone; these depend on one another. */
function checkTogether(settings: TrainSettings, { train, validation }: Datasets): void {
  checkResizeCrop(settings.resize, settings.crop);
  assertInputSize(settings.crop, settings.crop, inputSizesOf(settings.architecture));
  readTrainerConfig(trainerOptions(settings, train));
  if (settings.patience !== null && validation === null) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      '--patience needs validation images, or --validation-split.',
    );
  }
}

/** What a file of weights decides: the architecture, whether there are auxiliary heads, and whether the classifiers can stay. */
async function settingsOf(
  weights: string,
  { settings }: TrainFlags,
  { train }: Datasets,
  warnings: string[],
): Promise<Pick<TrainSettings, 'architecture' | 'auxLogits' | 'resetClassifier' | 'transformInput'>> {
  const file = await describeFile(weights);
  const architecture = architectureOf(file.model);
  if ((settings.architecture ?? architecture) !== architecture) {
    const message = `The model in ${weights} is '${architecture}'; leave ${flagOf('architecture')} out.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  const { auxLogits } = file.model;
  if (settings.auxLogits === true && !auxLogits) {
    const message = `The model in ${weights} has no auxiliary heads; leave ${flagOf('auxLogits')} out.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  const resetClassifier = settings.resetClassifier === true || !hasSameClasses(file, train);
  if (resetClassifier && settings.resetClassifier === undefined) {
    warnings.push(
      `${weights} is for other classes, so the classifiers begin anew; all else is taken from it.`,
    );
  }
  const unsaid = unsaidTransform(weights, file.model, settings.transformInput ?? null);
  if (unsaid !== null) warnings.push(unsaid);
  const said = file.model.architecture === 'googlenet' ? file.model.transformInput : undefined;
  const transformInput = settings.transformInput ?? said ?? null;
  return { architecture, auxLogits: settings.auxLogits ?? auxLogits, resetClassifier, transformInput };
}

const architectureOf = (model: ModelDescription): ArchitectureName =>
  model.architecture === 'xception' ? 'xception' : (model.variant as ArchitectureName);

async function planResumedRun(flags: TrainFlags, dir: string): Promise<Plan> {
  const before = await readRun(dir);
  const settings = mergeSettings(before.settings, flags.settings);
  const folders = await foldersOf(flags, before);
  const datasets = await openFolders(folders, settings, before.classes);
  assertSameImages(before.train, datasets.train, folders.train);
  if ((before.validation === null) !== (datasets.validation === null)) {
    const was = before.validation === null ? 'without' : 'with';
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `The run started ${was} validation images and must resume ${was} them.`,
    );
  }
  if (before.validation && datasets.validation) {
    assertSameImages(before.validation, datasets.validation, folders.validation ?? folders.train);
  }
  const { classes } = datasets.train;
  if (
    classes.length !== before.classes.length ||
    !classes.every((name, i) => isSameClass(name, before.classes[i]))
  ) {
    throw new GoogLeNetError(
      'INVALID_DATASET',
      `${folders.train} has other classes than the run began with.`,
    );
  }
  const warnings: string[] = [];
  const checkpoint = await findResumePoint(dir, settings, datasets, warnings);
  const run = {
    ...before,
    train: { ...before.train, folder: folders.train },
    validation: before.validation && { ...before.validation, folder: folders.validation ?? folders.train },
    settings,
  };
  return { dir, run, datasets, checkpoint, resumed: true, warnings };
}

/** Those of the run, but for the ones that the flags say have moved. */
async function foldersOf(
  flags: DataFlags,
  { train, validation, settings }: RunDescription,
): Promise<Folders> {
  if (flags.data === undefined && flags.train === undefined && flags.validation === undefined) {
    const isSplit = settings.validationSplit !== null;
    return { train: train.folder, validation: isSplit ? null : (validation?.folder ?? null) };
  }
  const found = await findFolders(flags.data === undefined ? { train: train.folder, ...flags } : flags);
  if (found === null) throw missing('--data DIR or --train DIR, the images');
  return found;
}

/** What may differ: neither changes a number of the run so far. */
const FREE: readonly SettingName[] = [
  'epochs',
  'steps',
  'everyNTrainSteps',
  'saveLastK',
  'saveTopK',
  'everyNEpochs',
];

function mergeSettings(before: TrainSettings, value: Partial<TrainSettings>): TrainSettings {
  const changed = (Object.keys(value) as SettingName[]).filter(
    (name) => !FREE.includes(name) && value[name] !== before[name],
  );
  if (changed.length > 0) {
    const list = changed.map((name) => `${flagOf(name)} (${before[name]}, now ${value[name]})`).join(', ');
    const fix = 'Leave them out, or start a new run from its weights with --weights';
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `A resumed run keeps its settings. Changed: ${list}. ${fix}.`,
    );
  }
  const unit = before.steps === null ? 'epochs' : 'steps';
  const [length, now] = [before[unit] ?? 0, value[unit] ?? before[unit] ?? 0];
  if (value[unit === 'steps' ? 'epochs' : 'steps'] !== undefined || now < length) {
    const message = `The run is one of ${length} ${unit}. A resumed run may have more, with --${unit} above that, and no fewer.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  return { ...before, ...value };
}

async function findResumePoint(
  dir: string,
  settings: TrainSettings,
  { train }: Datasets,
  warnings: string[],
): Promise<Plan['checkpoint']> {
  const { checkpoints, settings: settingsFile } = runFiles(dir);
  const path = await findCheckpoint(checkpoints, (_, { message }) =>
    warnings.push(`${message} An earlier checkpoint is used.`),
  );
  if (path === null) return null;
  const { state, trainer } = await readCheckpoint(path);
  if (isDeepStrictEqual(trainer, readTrainerConfig(trainerOptions(settings, train)))) return { path, state };
  throw new GoogLeNetError(
    'INVALID_CHECKPOINT',
    `${settingsFile} and ${path} have different settings. Put the settings back, or start a new run with --weights ${path}.`,
  );
}
