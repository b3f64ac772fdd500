/** From the flags of `googlenet train` to a run that can start or resume; nothing is written yet. */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GoogLeNetError } from '../../core/errors.js';
import { isSameClass } from '../../data/class-names.js';
import { checkResizeCrop } from '../../data/transforms.js';
import { assertInputSize } from '../../inference/input-size.js';
import { type ArchitectureName, inputSizesOf } from '../../models/architectures.js';
import type { ModelDescription } from '../../models/description.js';
import { FREE_SETTINGS, type RunDescription, readRun } from '../../run/run-description.js';
import { holdsRun, runFiles } from '../../run/run-files.js';
import { DEFAULTS, type SettingName, type TrainingSettings } from '../../run/settings.js';
import type { OpenCheckpoint } from '../../train/checkpoint.js';
import { readTrainerConfig } from '../../train/config.js';
import { findCheckpoint } from '../../train/find-checkpoint.js';
import { readClassNames } from '../dataset.js';
import { flagOf } from '../flags.js';
import { commandLine } from '../invocation.js';
import { unsaidTransform } from '../transform-input.js';
import { hasSameClasses, type OpenWeights, openWeights } from '../weights-file.js';
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
import { trainerOptions } from './options.js';

export interface TrainFlags extends DataFlags {
  out?: string;
  resume?: string;
  weights?: string;
  /** Names for the classes of idx files. */
  classes?: string;
  /** Those that were typed. */
  settings: Partial<TrainingSettings>;
}

export interface PreparedRun {
  dir: string;
  run: Omit<RunDescription, 'environment'>;
  datasets: Datasets;
  /** Where a run resumes; null at the start, also of a run that was killed before its first checkpoint. */
  checkpoint: OpenCheckpoint | null;
  resumed: boolean;
  /** What a new run begins from, open until the model is built. */
  weights: OpenWeights | null;
  /** What the user should know before it begins. */
  warnings: string[];
}

export const prepareRun = (flags: TrainFlags): Promise<PreparedRun> =>
  flags.resume === undefined ? prepareNewRun(flags) : prepareResumedRun(flags, flags.resume);

/** What needs no image is checked before any is looked for. */
async function prepareNewRun(flags: TrainFlags): Promise<PreparedRun> {
  const weights = flags.weights === undefined ? null : resolve(flags.weights);
  let file: OpenWeights | null = null;
  const open = async () => {
    file = weights === null ? null : await openWeights(weights);
    return file;
  };
  try {
    return await prepareFrom(flags, open);
  } catch (error) {
    await (file as OpenWeights | null)?.file.close();
    throw error;
  }
}

async function prepareFrom(flags: TrainFlags, open: () => Promise<OpenWeights | null>): Promise<PreparedRun> {
  const { out: dir } = flags;
  if (dir === undefined) throw missing('--out DIR, the folder of the run');
  await assertNoRun(dir);
  const settings = { ...DEFAULTS, ...flags.settings };
  assertOneLength(flags.settings);
  const names = flags.classes === undefined ? null : readClassNames(flags.classes);
  const warnings: string[] = [];
  const file = await open();
  const weights = file?.path ?? null;
  if (file !== null) Object.assign(settings, settingsOf(file, flags, warnings));
  else if (flags.settings.resetClassifier !== undefined)
    throw missing('--weights FILE, whose classifiers --reset-classifier replaces');
  assertUsed(flags.settings, settings);
  if (settings.architecture === 'xception') settings.auxLogits = false;
  checkTogether(settings);
  const folders = await findFolders(flags);
  if (folders === null) throw missing('--data DIR or --train DIR, the images');
  const datasets = await openFolders(folders, settings, names);
  const { train, validation } = datasets;
  if (names !== null) assertNamed(names, folders.train, datasets);
  if (file !== null && !settings.resetClassifier && !hasSameClasses(file, train)) {
    settings.resetClassifier = true;
    if (flags.settings.resetClassifier === undefined)
      warnings.push(
        `${weights} is for other classes: its classifiers are re-initialized, everything else comes from the file.`,
      );
  }
  readTrainerConfig(trainerOptions(settings, train));
  assertPatience(settings, datasets);
  const run = {
    train: sourceOf(folders.train, train),
    validation: validation && sourceOf(folders.validation ?? folders.train, validation),
    weights,
    settings,
    classes: train.classes,
  };
  return { dir, run, datasets, checkpoint: null, resumed: false, weights: file, warnings };
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
async function assertNoRun(dir: string): Promise<void> {
  if (!(await holdsRun(dir))) return;
  const resume = commandLine(['train', '--resume', dir]);
  throw new GoogLeNetError(
    'INVALID_ARGUMENT',
    `${dir} holds a run already. Continue it with \`${resume}\`, or choose another folder for --out.`,
  );
}

const missing = (what: string) => new GoogLeNetError('INVALID_ARGUMENT', `Give ${what}.`);

/** Each value has been checked alone; these depend on one another. */
function checkTogether(settings: TrainingSettings): void {
  checkResizeCrop(settings.resize, settings.crop);
  assertInputSize(settings.crop, settings.crop, inputSizesOf(settings.architecture));
  // Weights of classes need the images: later.
  readTrainerConfig(trainerOptions({ ...settings, classWeights: 'none' }, null));
}

function assertPatience({ patience }: TrainingSettings, { validation }: Datasets): void {
  if (patience === null || validation !== null) return;
  const message = '--patience needs validation images, or --validation-split.';
  throw new GoogLeNetError('INVALID_ARGUMENT', message);
}

/** What a file of weights decides: the architecture, and whether there are auxiliary heads. */
function settingsOf(
  { path, model }: OpenWeights,
  { settings }: TrainFlags,
  warnings: string[],
): Pick<TrainingSettings, 'architecture' | 'auxLogits' | 'transformInput'> {
  const architecture = architectureOf(model);
  if ((settings.architecture ?? architecture) !== architecture) {
    const message = `The model in ${path} is '${architecture}'; leave ${flagOf('architecture')} out.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  const { auxLogits } = model;
  if (settings.auxLogits === true && !auxLogits) {
    const message = `The model in ${path} has no auxiliary heads; leave ${flagOf('auxLogits')} out.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  const unsaid = unsaidTransform(path, model, settings.transformInput ?? null);
  if (unsaid !== null) warnings.push(unsaid);
  const said = model.architecture === 'googlenet' ? model.transformInput : undefined;
  const transformInput = settings.transformInput ?? said ?? null;
  return { architecture, auxLogits: settings.auxLogits ?? auxLogits, transformInput };
}

const architectureOf = (model: ModelDescription): ArchitectureName =>
  model.architecture === 'xception' ? 'xception' : (model.variant as ArchitectureName);

async function prepareResumedRun(flags: TrainFlags, dir: string): Promise<PreparedRun> {
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
  return { dir, run, datasets, checkpoint, resumed: true, weights: null, warnings };
}

/** The folders of the run, or where the flags say that its images have moved. */
async function foldersOf(
  flags: DataFlags,
  { train, validation, settings }: RunDescription,
): Promise<Folders> {
  if (flags.data === undefined && flags.train === undefined && flags.validation === undefined) {
    const isSplit = settings.validationSplit !== null;
    if (train.folder === null) throw missing('--data DIR or --train DIR, the images');
    return { train: train.folder, validation: isSplit ? null : (validation?.folder ?? null) };
  }
  const found = await findFolders(
    flags.data === undefined && train.folder !== null ? { train: train.folder, ...flags } : flags,
  );
  if (found === null) throw missing('--data DIR or --train DIR, the images');
  return found;
}

function mergeSettings(before: TrainingSettings, value: Partial<TrainingSettings>): TrainingSettings {
  const changed = (Object.keys(value) as SettingName[]).filter(
    (name) => !FREE_SETTINGS.includes(name) && value[name] !== before[name],
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
  settings: TrainingSettings,
  { train }: Datasets,
  warnings: string[],
): Promise<PreparedRun['checkpoint']> {
  const { checkpoints, settings: settingsFile } = runFiles(dir);
  const checkpoint = await findCheckpoint(checkpoints, (_, { message }) =>
    warnings.push(`${message} An earlier checkpoint is used.`),
  );
  if (checkpoint === null) return null;
  const { path, trainer } = checkpoint;
  if (isDeepStrictEqual(trainer, readTrainerConfig(trainerOptions(settings, train)))) return checkpoint;
  await checkpoint.close();
  throw new GoogLeNetError(
    'INVALID_CHECKPOINT',
    `${settingsFile} and ${path} have different settings. Put the settings back, or start a new run with --weights ${path}.`,
  );
}
