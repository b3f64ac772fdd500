import { types } from 'node:util';
import { boolean, integer, invalid, oneOf, readOptions, signal } from '../core/validation.js';
import type { Dataset } from './dataset.js';
import { UNREADABLE, type Unreadable } from './decode-errors.js';
import { readDecoding } from './decode-options.js';
import { type Batch, type Preparation, prepare } from './prefetcher.js';
import { datasetItem, type Feed } from './samples.js';
import { checkResizeCrop, type ResizeCropOptions } from './transforms.js';

export type { Batch };

/** More images than any machine trains on at once. */
export const MAX_BATCH_SIZE = 2 ** 16;

export interface BatchesOptions extends ResizeCropOptions {
  /** Positions in the dataset, in the order in which to visit them. */
  order: Uint32Array;
  batchSize: number;
  /** The batch to begin with, counted from 0: a resumed epoch skips what it has seen without decoding it. */
  start?: number;
  /** Leaves out a last batch that is smaller than the others. */
  dropLast?: boolean;
  /** How many batches are prepared while the caller works on one. */
  prefetch?: number;
  /** With `skip` a batch comes without such images and names them in `skipped`. Default `error`. */
  unreadable?: Unreadable;
  signal?: AbortSignal | undefined;
}

const KNOWN = [
  'order',
  'batchSize',
  'start',
  'dropLast',
  'prefetch',
  'resize',
  'crop',
  'unreadable',
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
  const { order, ...rest } = readOptions('options', options, KNOWN);
  if (!types.isUint32Array(order)) throw invalid('order', 'a Uint32Array', order);
  const outside = order.findIndex((index) => index >= dataset.length);
  if (outside >= 0)
    throw invalid(`order[${outside}]`, `an integer in [0, ${dataset.length - 1}]`, order[outside]);
  const visits: Visits = {
    length: order.length,
    at: (i) => ({ index: order[i] as number, position: i }),
    batchSize: integer('batchSize', rest.batchSize, 1, MAX_BATCH_SIZE),
    dropLast: boolean('dropLast', rest.dropLast ?? false),
    start: integer('start', rest.start ?? 0, 0),
  };
  const plan: Preparation = {
    ...checkResizeCrop(rest.resize, rest.crop),
    augment: null,
    unreadable: oneOf('unreadable', rest.unreadable ?? 'error', UNREADABLE),
    prefetch: integer('prefetch', rest.prefetch ?? 2, 0, 64),
    signal: signal('signal', rest.signal),
  };
  return prepare(visit(dataset, visits), plan);
}

/** Which images of a dataset a loop visits, in which batches. */
export interface Visits {
  length: number;
  /** The i-th of them: its index in the dataset and its position in the order of all shards. */
  at(i: number): { index: number; position: number };
  batchSize: number;
  dropLast: boolean;
  /** The batch to begin with. */
  start: number;
}

export function visit(dataset: Dataset, { length, at, batchSize, dropLast, start }: Visits): Feed {
  const count = batchCount(length, batchSize, dropLast);
  const decoding = readDecoding(dataset.decoding);
  let batch = start;
  return {
    next: async () => {
      if (batch >= count) return null;
      const first = batch++ * batchSize;
      return Array.from({ length: Math.min(batchSize, length - first) }, (_, k) => {
        const { index, position } = at(first + k);
        return datasetItem(dataset, index, position, decoding);
      });
    },
    close: async () => undefined,
  };
}
