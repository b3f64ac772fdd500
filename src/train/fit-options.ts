import type { Dataset } from '../data/dataset.js';
import { checkResizeCrop, type ResizeCropOptions } from '../data/transforms.js';
import { GoogLeNetError } from '../errors.js';
import { assertInputSize } from '../input-size.js';
import { boolean, integer, options, seed as readSeed, signal as readSignal, string } from '../validate.js';
import type { BatchPlan } from './checkpoint.js';

export interface FitOptions {
  /** How many epochs the run has in all; a resumed run does the rest. */
  epochs: number;
  /** Default 32. */
  batchSize?: number;
  /** Scored after each epoch. */
  validation?: Dataset;
  /** Where `last.safetensors` is written: after each epoch, and when the run is aborted. */
  checkpointDir?: string;
  /** Also writes it every so many steps. */
  checkpointEvery?: number;
  /** A checkpoint to go on from. */
  resume?: string;
  /** Finishes the step under way, writes a checkpoint and ends with the reason `aborted`. */
  signal?: AbortSignal;
  /** Of the order of the pictures, in [0, 2^64). Default 0. */
  seed?: number | bigint;
  /** Default true. */
  shuffle?: boolean;
  /** Leaves out a last batch that is smaller than the others. Default false. */
  dropLast?: boolean;
  /** Short edge of the resized pictures. Default 256. */
  resize?: number;
  /** Edge of the crop from their centre. Default 224. */
  crop?: number;
  /** Batches that are prepared while one is trained on. Default 2. */
  prefetch?: number;
}

/** {@link FitOptions} with defaults, sorted by who needs them. */
export interface FitPlan {
  epochs: number;
  batches: BatchPlan;
  loading: ResizeCropOptions & { prefetch: number };
  validation: Dataset | null;
  validating: ResizeCropOptions & { batchSize: number };
  checkpointDir: string | null;
  checkpointEvery: number | null;
  resume: string | null;
  signal: AbortSignal | undefined;
}

const KNOWN = [
  'epochs',
  'batchSize',
  'validation',
  'checkpointDir',
  'checkpointEvery',
  'resume',
  'signal',
  'seed',
  'shuffle',
  'dropLast',
  'resize',
  'crop',
  'prefetch',
] as const;

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_DATASET` */
export function readFitOptions(given: FitOptions, dataset: Dataset, numClasses: number): FitPlan {
  const read = options('options', given, KNOWN) as FitOptions;
  const batchSize = integer('batchSize', read.batchSize ?? 32, 1, 65_536);
  const sizes = checkResizeCrop(read.resize ?? 256, read.crop ?? 224);
  assertInputSize(sizes.crop, sizes.crop);
  const validation = read.validation ?? null;
  assertFits('The training set', dataset, numClasses);
  if (validation) assertSameClasses(dataset, validation);
  return {
    epochs: integer('epochs', read.epochs, 1),
    batches: {
      seed: readSeed('seed', read.seed ?? 0).toString(),
      batchSize,
      length: dataset.length,
      shuffle: boolean('shuffle', read.shuffle ?? true),
      dropLast: boolean('dropLast', read.dropLast ?? false),
    },
    loading: { ...sizes, prefetch: integer('prefetch', read.prefetch ?? 2, 0, 64) },
    validation,
    validating: { ...sizes, batchSize },
    checkpointDir: read.checkpointDir === undefined ? null : string('checkpointDir', read.checkpointDir),
    checkpointEvery:
      read.checkpointEvery === undefined ? null : integer('checkpointEvery', read.checkpointEvery, 1),
    resume: read.resume === undefined ? null : string('resume', read.resume),
    signal: readSignal('signal', read.signal),
  };
}

function assertFits(what: string, dataset: Dataset, numClasses: number): void {
  if (dataset.length === 0) throw new GoogLeNetError('INVALID_DATASET', `${what} is empty.`);
  if (dataset.classes.length > numClasses) {
    const message = `${what} has ${dataset.classes.length} classes, the model only ${numClasses}. Set numClasses.`;
    throw new GoogLeNetError('INVALID_DATASET', message);
  }
}

/** Labels are positions in the list of classes, so the lists must be the same. */
function assertSameClasses(training: Dataset, validation: Dataset): void {
  assertFits('The validation set', validation, training.classes.length);
  const other = validation.classes.findIndex((name, i) => name !== training.classes[i]);
  if (other === -1 && validation.classes.length === training.classes.length) return;
  const message = `The validation set's classes (${validation.classes.join(', ')}) are not those of the training set (${training.classes.join(', ')}).`;
  throw new GoogLeNetError('INVALID_DATASET', message.length > 400 ? `${message.slice(0, 400)}…` : message);
}
