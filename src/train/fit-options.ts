import { batchCount, MAX_BATCH_SIZE } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { checkResizeCrop, type ResizeCropOptions } from '../data/transforms.js';
import { GoogLeNetError } from '../errors.js';
import { assertInputSize } from '../input-size.js';
import type { GoogLeNet } from '../model.js';
import {
  boolean,
  integer,
  invalid,
  object,
  options,
  seed as readSeed,
  signal as readSignal,
  string,
} from '../validate.js';
import type { BatchPlan } from './checkpoint.js';
import { MAX_EPOCH } from './schedule.js';

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
  validating: ResizeCropOptions & { batchSize: number; signal: AbortSignal | undefined };
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
export function readFitOptions(given: FitOptions, dataset: Dataset, model: GoogLeNet): FitPlan {
  const read = options('options', given, KNOWN) as FitOptions;
  const batchSize = integer('batchSize', read.batchSize ?? 32, 1, MAX_BATCH_SIZE);
  const sizes = checkResizeCrop(read.resize ?? 256, read.crop ?? 224);
  assertInputSize(sizes.crop, sizes.crop);
  const validation = read.validation ?? null;
  const signal = readSignal('signal', read.signal);
  assertDataset('The training set', dataset, model);
  if (validation) {
    assertDataset('The validation set', validation, model);
    assertSameClasses('The validation set', validation.classes, 'the training set', dataset.classes);
  }
  const dropLast = boolean('dropLast', read.dropLast ?? false);
  if (batchCount(dataset.length, batchSize, dropLast) === 0) {
    const message = `The training set has ${dataset.length} pictures, fewer than one batch of ${batchSize}, and dropLast leaves them out.`;
    throw new GoogLeNetError('INVALID_DATASET', message);
  }
  if (read.checkpointEvery !== undefined && read.checkpointDir === undefined) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      'checkpointEvery needs checkpointDir, the folder to write to.',
    );
  }
  return {
    epochs: integer('epochs', read.epochs, 1, MAX_EPOCH),
    batches: {
      seed: readSeed('seed', read.seed ?? 0).toString(),
      batchSize,
      length: dataset.length,
      shuffle: boolean('shuffle', read.shuffle ?? true),
      dropLast,
    },
    loading: { ...sizes, prefetch: integer('prefetch', read.prefetch ?? 2, 0, 64) },
    validation,
    validating: { ...sizes, batchSize, signal },
    checkpointDir: read.checkpointDir === undefined ? null : string('checkpointDir', read.checkpointDir),
    checkpointEvery:
      read.checkpointEvery === undefined ? null : integer('checkpointEvery', read.checkpointEvery, 1),
    resume: read.resume === undefined ? null : string('resume', read.resume),
    signal,
  };
}

/**
 * A dataset that a model can be trained or scored on. Labels are positions in the list of classes, so the lists must be the same.
 * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_DATASET`
 */
export function assertDataset(what: string, dataset: Dataset, { numClasses, classes }: GoogLeNet): void {
  const { length, classes: names, label, image } = object(what, dataset) as unknown as Dataset;
  const isDataset =
    Number.isSafeInteger(length) &&
    Array.isArray(names) &&
    [label, image].every((f) => typeof f === 'function');
  if (!isDataset) throw invalid(what, 'a dataset with length, classes, label() and image()', dataset);
  if (length === 0) throw new GoogLeNetError('INVALID_DATASET', `${what} is empty.`);
  if (names.length > numClasses) {
    const message = `${what} has ${names.length} classes, the model only ${numClasses}. Set numClasses.`;
    throw new GoogLeNetError('INVALID_DATASET', message);
  }
  if (classes) assertSameClasses(what, names, 'the model', classes);
}

function assertSameClasses(
  what: string,
  names: readonly string[],
  other: string,
  others: readonly string[],
): void {
  const at = names.findIndex((name, i) => name !== others[i]);
  if (at === -1 && names.length === others.length) return;
  const pair =
    at === -1
      ? `${names.length} and ${others.length} of them`
      : `class ${at} is ${names[at]} and ${others[at]}`;
  const message = `${what} and ${other} have different classes: ${pair}. Give both the same ones in the same order.`;
  throw new GoogLeNetError('INVALID_DATASET', message);
}
