import { resolve } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { readSetting } from '../core/settings.js';
import { TRAINING_DEFAULTS, TRAINING_SETTINGS } from '../core/training-settings.js';
import { integer, readOptions, path as readPath, signal as readSignal } from '../core/validation.js';
import type { Augment } from '../data/augment.js';
import { DATA_LOADER_OPTIONS, DataLoader, type DataLoaderOptions } from '../data/data-loader.js';
import type { Dataset } from '../data/dataset.js';
import type { OnDecodeError } from '../data/decode-errors.js';
import { assertClasses, assertDataset, assertSameClasses } from '../inference/dataset-classes.js';
import { assertInputSize } from '../inference/input-size.js';
import type { OpenCheckpoint } from './checkpoint.js';
import { type CheckpointPolicy, readCheckpointPolicy } from './checkpoint-policy.js';
import type { TrainingSource } from './datasets.js';
import { type EarlyStopping, type EarlyStoppingOptions, readEarlyStopping } from './early-stopping.js';
import type { Logger } from './logger.js';
import { readLoggers } from './logger-group.js';
import type { RunTrainer } from './run-trainer.js';
import { MAX_EPOCH, needsTotalSteps, type Schedule } from './schedule.js';
import type { ValidateOptions } from './validation.js';

/** How long to train, on what, and what to keep. The options of {@link DataLoaderOptions} say what the batches are made of. */
export interface FitOptions extends Partial<DataLoaderOptions> {
  /** How many epochs the run has in all; a resumed run does the rest. Either this or `steps`. */
  epochs?: number;
  /** How many steps the run has in all. */
  steps?: number;
  /** Scored after each epoch, and at the end. */
  validation?: Dataset;
  /** Ends the run when validation gets no better, with the weights of the best epoch. Needs `validation`. */
  earlyStopping?: EarlyStoppingOptions;
  /** Where checkpoints are written: after each epoch, and when the run is aborted. A folder that holds those of no other run. */
  checkpointDir?: string;
  /** Also writes one every N steps. */
  everyNTrainSteps?: number;
  /** Keeps the newest K checkpoints. Default 2: if one is damaged, there is the one before it. */
  saveLastK?: number;
  /** Also keeps the K checkpoints with the best top-1 accuracy on the validation images. Default 0. */
  saveTopK?: number;
  /** Also keeps the checkpoint of every N-th epoch. */
  everyNEpochs?: number;
  /**
   * The checkpoint to resume from, or a folder of checkpoints, of which the newest whole one is taken. `auto`: the newest of `checkpointDir`, or a new run
   * where there is none; damaged ones without a whole one are an error.
   */
  resume?: string;
  /**
   * The same, open already; `fit` closes it.
   * @internal
   */
  checkpoint?: OpenCheckpoint;
  /** Finishes the step under way, writes a checkpoint and ends with the reason `aborted`. */
  signal?: AbortSignal;
  /** Records or shows the run, e.g. `new RunFolder('runs/a')`; several are called in their order. */
  logger?: Logger | readonly Logger[];
}

export interface CheckpointConfig {
  dir: string;
  everyNTrainSteps: number | null;
  policy: Required<CheckpointPolicy>;
}

/** {@link FitOptions} with defaults, sorted by who needs them. */
export interface FitConfig {
  epochs: number | null;
  steps: number | null;
  /** Of the whole run; null where the data does not say how much there is. */
  totalSteps: number | null;
  loader: DataLoader;
  validation: Dataset | null;
  validating: ValidateOptions;
  stopping: EarlyStopping | null;
  checkpoints: CheckpointConfig | null;
  resume: string | null;
  /** @internal */
  checkpoint: OpenCheckpoint | null;
  signal: AbortSignal | undefined;
  loggers: readonly Logger[];
  augment: Augment;
  onDecodeError: OnDecodeError;
}

const KNOWN = [
  'epochs',
  'steps',
  'validation',
  'earlyStopping',
  'checkpointDir',
  'everyNTrainSteps',
  'saveLastK',
  'saveTopK',
  'everyNEpochs',
  'resume',
  'checkpoint',
  'signal',
  'logger',
  ...DATA_LOADER_OPTIONS,
] as const;

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_DATASET` */
export function readFitOptions(
  options: FitOptions,
  source: TrainingSource,
  { model, config }: RunTrainer,
): FitConfig {
  const loggers = readLoggers((options as FitOptions | undefined)?.logger);
  const read = withLoggers(readOptions('options', options, KNOWN) as FitOptions, loggers);
  const loading = Object.fromEntries(DATA_LOADER_OPTIONS.map((name) => [name, read[name]]));
  const {
    resize = TRAINING_DEFAULTS.resize,
    crop = TRAINING_DEFAULTS.crop,
    onDecodeError = TRAINING_DEFAULTS.onDecodeError,
    augment = TRAINING_DEFAULTS.augment,
  } = read;
  const batchSize = readSetting(TRAINING_SETTINGS.batchSize, 'batchSize', read.batchSize);
  assertInputSize(crop, crop, model.inputSizes);
  const signal = readSignal('signal', read.signal);
  const loader = new DataLoader(source, {
    ...loading,
    batchSize,
  } as DataLoaderOptions);
  assertClasses('The training set', source.classes, model);
  const validation = read.validation ?? null;
  if (validation) {
    assertDataset('The validation set', validation, model);
    assertSameClasses('The validation set', validation.classes, 'the training set', source.classes);
  }
  const length = readLength(read);
  const totalSteps = length.steps ?? (loader.stepsPerEpoch && (length.epochs ?? 0) * loader.stepsPerEpoch);
  if (totalSteps === null) assertEndless(config.schedule);
  return {
    ...length,
    totalSteps,
    loader,
    validation,
    validating: { batchSize, resize, crop, onDecodeError },
    stopping: read.earlyStopping === undefined ? null : readStopping(read.earlyStopping, validation),
    checkpoints: readCheckpoints(read),
    resume: readResume(read),
    checkpoint: read.checkpoint ?? null,
    ...{ signal, loggers, augment, onDecodeError },
  };
}

/** What `fit` is not told, a logger may know. */
function withLoggers(options: FitOptions, loggers: readonly Logger[]): FitOptions {
  const checkpointDir = options.checkpointDir ?? loggers.find((one) => one.checkpointDir)?.checkpointDir;
  const resume = options.resume ?? loggers.find((one) => one.resume)?.resume;
  return {
    ...options,
    ...(checkpointDir !== undefined && { checkpointDir }),
    ...(resume !== undefined && { resume }),
  };
}

function readLength({ epochs, steps }: FitOptions): Pick<FitConfig, 'epochs' | 'steps'> {
  if ((epochs === undefined) === (steps === undefined)) {
    throw new GoogLeNetError('INVALID_ARGUMENT', 'Give either epochs or steps, the length of the run.');
  }
  return {
    epochs: epochs === undefined ? null : integer('epochs', epochs, 1, MAX_EPOCH),
    steps: steps === undefined ? null : integer('steps', steps, 1),
  };
}

/** Some schedules reach their end with the last step. */
function assertEndless({ type }: Schedule): void {
  if (!needsTotalSteps(type)) return;
  const message = `The schedule '${type}' needs to know how many steps the run has, and the data does not say.`;
  throw new GoogLeNetError('INVALID_ARGUMENT', `${message} Give steps instead of epochs.`);
}

function readStopping(options: EarlyStoppingOptions, validation: Dataset | null): EarlyStopping {
  if (validation === null) {
    throw new GoogLeNetError('INVALID_ARGUMENT', 'earlyStopping needs validation, the images to score.');
  }
  return readEarlyStopping(options);
}

function readCheckpoints(read: FitOptions): CheckpointConfig | null {
  const { checkpointDir, everyNTrainSteps, saveLastK, saveTopK, everyNEpochs } = read;
  if (checkpointDir === undefined) {
    const needy = Object.entries({ everyNTrainSteps, saveLastK, saveTopK, everyNEpochs }).find(
      ([, value]) => value !== undefined,
    );
    if (!needy) return null;
    throw new GoogLeNetError('INVALID_ARGUMENT', `${needy[0]} needs checkpointDir, the folder to write to.`);
  }
  return {
    // Absolute: the program may change its working directory during the run.
    dir: resolve(readPath('checkpointDir', checkpointDir)),
    everyNTrainSteps: readSetting(TRAINING_SETTINGS.everyNTrainSteps, 'everyNTrainSteps', everyNTrainSteps),
    policy: readCheckpointPolicy({ saveLastK, saveTopK, everyNEpochs } as CheckpointPolicy),
  };
}

function readResume({ resume, checkpointDir }: FitOptions): string | null {
  if (resume === undefined) return null;
  if (resume === 'auto' && checkpointDir === undefined) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      "resume: 'auto' needs checkpointDir, the folder to look in.",
    );
  }
  return resume === 'auto' ? resume : readPath('resume', resume);
}
