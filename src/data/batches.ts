import { types } from 'node:util';
import { MAX_BATCH_SIZE } from '../core/training-settings.js';
import { boolean, integer, invalid, oneOf, readOptions, signal } from '../core/validation.js';
import type { Dataset } from './dataset.js';
import { ON_DECODE_ERROR, type OnDecodeError } from './decode-errors.js';
import { readDecoding } from './decode-options.js';
import { type Batch, type PrefetchOptions, prefetch } from './prefetcher.js';
import { type BatchSource, datasetSample } from './samples.js';
import { checkResizeCrop, type ResizeCropOptions } from './transforms.js';

export type { Batch };

/** More images than any machine trains on at once. */
export { MAX_BATCH_SIZE };

export interface BatchesOptions extends ResizeCropOptions {
  /** Positions in the dataset, in the order of the batches. */
  indices: Uint32Array;
  batchSize: number;
  /** The batch to begin with, counted from 0: a resumed epoch skips what it has seen without decoding it. */
  start?: number;
  /** Leaves out a last batch that is smaller than the others. */
  dropLast?: boolean;
  /** How many batches are prepared while the caller works on one. */
  prefetch?: number;
  /** With `skip` a batch comes without such images and names them in `skipped`. Default `throw`. */
  onDecodeError?: OnDecodeError;
  signal?: AbortSignal | undefined;
}

const KNOWN = [
  'indices',
  'batchSize',
  'start',
  'dropLast',
  'prefetch',
  'resize',
  'crop',
  'onDecodeError',
  'signal',
] as const;

/** How many batches `length` images make. */
export const batchCount = (length: number, batchSize: number, dropLast = false): number =>
  dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);

/**
 * Decoded and cropped batches in the given order, prepared ahead of the caller. However the loop ends (its end, `break`, a throw,
 * the signal), the images in work are waited for, so nothing goes on behind the caller's back. After the signal, that takes two
 * seconds at the most, because a dataset may wait for something that never comes.
 * @throws GoogLeNetError `INVALID_ARGUMENT` at once; while iterating `ABORTED` and, at the batch that needs the image, what the
 * dataset throws (`INVALID_IMAGE`, `FILE_NOT_FOUND` …).
 */
export function batches(dataset: Dataset, options: BatchesOptions): AsyncGenerator<Batch, void, undefined> {
  const { indices, ...rest } = readOptions('options', options, KNOWN);
  if (!types.isUint32Array(indices)) throw invalid('indices', 'a Uint32Array', indices);
  const outside = indices.findIndex((index) => index >= dataset.length);
  if (outside >= 0)
    throw invalid(`indices[${outside}]`, `an integer in [0, ${dataset.length - 1}]`, indices[outside]);
  const sampler: BatchSampler = {
    length: indices.length,
    sampleAt: (i) => ({ index: indices[i] as number, indexInEpoch: i }),
    batchSize: integer('batchSize', rest.batchSize, 1, MAX_BATCH_SIZE),
    dropLast: boolean('dropLast', rest.dropLast ?? false),
    start: integer('start', rest.start ?? 0, 0),
  };
  const plan: PrefetchOptions = {
    ...checkResizeCrop(rest.resize, rest.crop),
    augment: null,
    onDecodeError: oneOf('onDecodeError', rest.onDecodeError ?? 'throw', ON_DECODE_ERROR),
    prefetch: integer('prefetch', rest.prefetch ?? 2, 0, 64),
    signal: signal('signal', rest.signal),
  };
  return prefetch(datasetSource(dataset, sampler), plan);
}

/** Which images of a dataset make up which batches. */
export interface BatchSampler {
  length: number;
  /** The i-th of them: its index in the dataset, and its index in the epoch's order of all shards. */
  sampleAt(i: number): { index: number; indexInEpoch: number };
  batchSize: number;
  dropLast: boolean;
  /** The batch to begin with. */
  start: number;
}

export function datasetSource(
  dataset: Dataset,
  { length, sampleAt, batchSize, dropLast, start }: BatchSampler,
): BatchSource {
  const count = batchCount(length, batchSize, dropLast);
  const decoding = readDecoding(dataset.decoding);
  let batch = start;
  return {
    next: async () => {
      if (batch >= count) return null;
      const first = batch++ * batchSize;
      return Array.from({ length: Math.min(batchSize, length - first) }, (_, k) => {
        const { index, indexInEpoch } = sampleAt(first + k);
        return datasetSample(dataset, index, indexInEpoch, decoding);
      });
    },
    close: async () => undefined,
  };
}
