import { GoogLeNetError } from '../core/errors.js';
import { TRAINING_DEFAULTS } from '../core/training-settings.js';
import { boolean, integer, invalid, object, oneOf, readOptions, seed, signal } from '../core/validation.js';
import { type Augment, type AugmentOptions, isPlainEvaluation, readAugment } from './augment.js';
import { batchCount, datasetSource, MAX_BATCH_SIZE } from './batches.js';
import type { Dataset } from './dataset.js';
import { ON_DECODE_ERROR, type OnDecodeError } from './decode-errors.js';
import { type Batch, prefetch } from './prefetcher.js';
import { epochIndices } from './sampler.js';
import type { BatchSource } from './samples.js';
import { readShard, type Shard, shardLength } from './shards.js';
import { StreamDataset } from './stream-dataset.js';
import { streamSource } from './stream-source.js';
import { checkResizeCrop } from './transforms.js';

export interface DataLoaderOptions {
  batchSize: number;
  /** Default true. */
  shuffle?: boolean;
  /** Leaves out a last batch that is smaller than the others. Default false. */
  dropLast?: boolean;
  /** Seeds the order and the augmentation. In [0, 2^64). Default 0. */
  seed?: number | bigint;
  /** Short edge of the resized images. Default 256. */
  resize?: number;
  /** Edge of the images that come out. Default 224. */
  crop?: number;
  /** Default `none`. */
  augment?: Augment;
  /** Batches that are prepared while the caller works on one. Default 2. */
  prefetch?: number;
  /** Default `throw`. */
  onDecodeError?: OnDecodeError;
  /** Default: everything. */
  shard?: Shard;
}

/**
 * Everything that fixes the batches, with defaults, as plain JSON: loaders with equal plans and equal data give equal bytes. Augmented
 * pixels are those of one version of sharp on one kind of processor.
 */
export interface DataLoaderPlan {
  readonly seed: string;
  readonly batchSize: number;
  /** Images in the source, of all shards; null for a stream that does not say. */
  readonly length: number | null;
  readonly shuffle: boolean;
  /** Null where the whole dataset is shuffled, or nothing. */
  readonly shuffleBuffer: number | null;
  readonly dropLast: boolean;
  readonly resize: number;
  readonly crop: number;
  readonly augment: AugmentOptions;
  readonly shard: Shard;
}

export interface EpochOptions {
  /** The batch to begin with, counted from 0. Default 0. */
  start?: number;
  /** Ends with the error `ABORTED`. */
  signal?: AbortSignal | undefined;
}

/** The names of {@link DataLoaderOptions}. */
export const DATA_LOADER_OPTIONS = [
  'batchSize',
  'shuffle',
  'dropLast',
  'seed',
  'resize',
  'crop',
  'augment',
  'prefetch',
  'onDecodeError',
  'shard',
] as const;

/**
 * The batches of any epoch, each a pure function of the seed, the epoch and its position: however often a run stops and resumes,
 * and whichever image is ready first, the bytes are the same.
 */
export class DataLoader {
  /** Images that this shard sees in an epoch; null for a stream that does not say. */
  readonly length: number | null;
  readonly stepsPerEpoch: number | null;
  readonly plan: DataLoaderPlan;
  readonly #source: Dataset | StreamDataset;
  readonly #seed: bigint;
  readonly #preparation: { prefetch: number; onDecodeError: OnDecodeError; resize: number; crop: number };

  /** @throws GoogLeNetError `INVALID_ARGUMENT`; `INVALID_DATASET` where an epoch would have no batch. */
  constructor(source: Dataset | StreamDataset, options: DataLoaderOptions) {
    const read = readOptions('options', options, DATA_LOADER_OPTIONS);
    this.#source = readSource(source);
    this.#seed = seed('seed', read.seed ?? 0);
    const sizes = checkResizeCrop(
      read.resize ?? TRAINING_DEFAULTS.resize,
      read.crop ?? TRAINING_DEFAULTS.crop,
    );
    const shuffle = boolean('shuffle', read.shuffle ?? true);
    this.plan = {
      seed: this.#seed.toString(),
      batchSize: integer('batchSize', read.batchSize, 1, MAX_BATCH_SIZE),
      length: source.length,
      shuffle,
      shuffleBuffer: shuffle && source instanceof StreamDataset ? source.shuffleBuffer : null,
      dropLast: boolean('dropLast', read.dropLast ?? false),
      ...sizes,
      augment: readAugment(read.augment ?? TRAINING_DEFAULTS.augment),
      shard: readShard(read.shard),
    };
    this.#preparation = {
      ...sizes,
      prefetch: integer('prefetch', read.prefetch ?? 2, 0, 64),
      onDecodeError: oneOf(
        'onDecodeError',
        read.onDecodeError ?? TRAINING_DEFAULTS.onDecodeError,
        ON_DECODE_ERROR,
      ),
    };
    const share = this.#share();
    const { batchSize, dropLast } = this.plan;
    this.stepsPerEpoch = share === null ? null : batchCount(share, batchSize, dropLast);
    this.length = share === null || !dropLast ? share : batchCount(share, batchSize, true) * batchSize;
    if (this.stepsPerEpoch === 0) throw noBatch(this.plan);
  }

  /**
   * The batches of an epoch (counted from 0), prepared ahead of the caller. However the loop ends (its end, `break`, a throw, the
   * signal), the images in work are waited for, so nothing goes on behind the caller's back.
   * @throws GoogLeNetError `INVALID_ARGUMENT` at once; while iterating `ABORTED`, `INVALID_DATASET` for streams that break off, and,
   * at the batch that needs the image, what the source throws (`INVALID_IMAGE`, `FILE_NOT_FOUND` …).
   */
  epoch(epoch: number, options: EpochOptions = {}): AsyncGenerator<Batch, void, undefined> {
    const read = readOptions('options', options, ['start', 'signal']);
    integer('epoch', epoch, 0);
    const start = integer('start', read.start ?? 0, 0);
    const how = { ...this.#preparation, signal: signal('signal', read.signal) };
    const augment = isPlainEvaluation(this.plan.augment)
      ? null
      : { options: this.plan.augment, seed: this.#seed, epoch };
    return prefetch(this.#batchSource(epoch, start), { ...how, augment });
  }

  #share(): number | null {
    const { length, shard, dropLast } = this.plan;
    if (length === null) return null;
    return shardLength(length, shard, dropLast || this.#source instanceof StreamDataset);
  }

  #batchSource(epoch: number, start: number): BatchSource {
    const { batchSize, dropLast, shuffle, shard } = this.plan;
    const source = this.#source;
    if (source instanceof StreamDataset) {
      const shuffleBuffer = this.plan.shuffleBuffer ?? 0;
      const order = { shuffleBuffer, shard, seed: this.#seed, epoch };
      return streamSource(source, { batchSize, dropLast, start, ...order });
    }
    // Drawn with the first batch: an epoch that never starts costs nothing.
    let indices: Uint32Array | undefined;
    const sampleAt = (i: number) => {
      indices ??= epochIndices(source.length, { seed: this.#seed, epoch, shuffle });
      const indexInEpoch = shard.rank + i * shard.worldSize;
      return { index: indices[indexInEpoch % indices.length] as number, indexInEpoch };
    };
    const length = shardLength(source.length, shard, dropLast);
    return datasetSource(source, { length, sampleAt, batchSize, dropLast, start });
  }
}

function readSource(value: Dataset | StreamDataset): Dataset | StreamDataset {
  if (value instanceof StreamDataset) return value;
  const { length, classes, label, image } = object('source', value) as unknown as Dataset;
  const isDataset =
    Number.isSafeInteger(length) &&
    length >= 0 &&
    Array.isArray(classes) &&
    [label, image].every((f) => typeof f === 'function');
  if (isDataset) return value;
  throw invalid('source', 'a dataset with length, classes, label() and image(), or a StreamDataset', value);
}

function noBatch({ length, batchSize, dropLast, shard: { worldSize } }: DataLoaderPlan): GoogLeNetError {
  if (length === 0) return new GoogLeNetError('INVALID_DATASET', 'The dataset is empty. Add images.');
  const shards = worldSize === 1 ? '' : ` for ${worldSize} shards`;
  const why = dropLast ? 'dropLast leaves out the rest' : 'a stream has only whole rounds of the shards';
  return new GoogLeNetError(
    'INVALID_DATASET',
    `The dataset has ${length} images${shards}, fewer than one batch of ${batchSize} each, and ${why}.`,
  );
}
