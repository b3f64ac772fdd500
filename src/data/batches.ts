import { availableParallelism } from 'node:os';
import { types } from 'node:util';
import { GoogLeNetError } from '../errors.js';
import type { Images } from '../tensor.js';
import { boolean, integer, invalid, options, signal } from '../validate.js';
import type { Dataset } from './dataset.js';
import { Limiter } from './limiter.js';
import { checkPicture, checkResizeCrop, type ResizeCropOptions, resizeCrop } from './transforms.js';

/** More pictures than any machine trains on at once. */
export const MAX_BATCH_SIZE = 2 ** 16;

export interface Batch {
  /** RGB bytes, `[n, crop, crop, 3]`. */
  images: Images;
  labels: Int32Array;
  /** Positions in the dataset. */
  indices: Uint32Array;
}

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
  signal?: AbortSignal | undefined;
}

type Resolved = Required<BatchesOptions>;

/** How many batches `length` pictures make. */
export const batchCount = (length: number, batchSize: number, dropLast = false): number =>
  dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);

/**
 * Decoded and cropped batches in the given order, prepared ahead of the caller. However the loop ends (its end, `break`, a throw,
 * the signal), the pictures in work are waited for, so nothing goes on behind the caller's back.
 * @throws GoogLeNetError `INVALID_ARGUMENT` at once; while iterating `ABORTED` and, at the batch that needs the picture, what the
 * dataset throws (`INVALID_IMAGE`, `FILE_NOT_FOUND` …). Unreadable pictures are never left out.
 */
export function batches(dataset: Dataset, given: BatchesOptions): AsyncGenerator<Batch, void, undefined> {
  return generate(dataset, resolve(dataset, given));
}

function resolve(dataset: Dataset, given: BatchesOptions): Resolved {
  const known = ['order', 'batchSize', 'start', 'dropLast', 'prefetch', 'resize', 'crop', 'signal'] as const;
  const { order, ...rest } = options('options', given, known);
  if (!types.isUint32Array(order)) throw invalid('order', 'a Uint32Array', order);
  const outside = order.findIndex((index) => index >= dataset.length);
  if (outside >= 0)
    throw invalid(`order[${outside}]`, `an integer in [0, ${dataset.length - 1}]`, order[outside]);
  return {
    order,
    batchSize: integer('batchSize', rest.batchSize, 1, MAX_BATCH_SIZE),
    start: integer('start', rest.start ?? 0, 0),
    dropLast: boolean('dropLast', rest.dropLast ?? false),
    prefetch: integer('prefetch', rest.prefetch ?? 2, 0, 64),
    ...checkResizeCrop(rest.resize, rest.crop),
    signal: signal('signal', rest.signal),
  };
}

/** Decoding runs on libuv's pool of four threads, which files and DNS need as well; training wants the cores besides. */
const DECODERS = Math.min(3, availableParallelism());

async function* generate(dataset: Dataset, plan: Resolved): AsyncGenerator<Batch, void, undefined> {
  const limiter = new Limiter(DECODERS);
  const ahead: Promise<Batch>[] = [];
  const count = batchCount(plan.order.length, plan.batchSize, plan.dropLast);
  try {
    for (let current = plan.start, next = current; current < count; current++) {
      for (; next < count && next <= current + plan.prefetch; next++) {
        const batch = load(dataset, plan, next, limiter);
        // Its turn to be awaited may come later than its failure, or never.
        batch.catch(() => undefined);
        ahead.push(batch);
      }
      yield await unlessAborted(ahead.shift() as Promise<Batch>, plan.signal);
    }
  } finally {
    await limiter.stop();
  }
}

async function load(dataset: Dataset, plan: Resolved, batch: number, limiter: Limiter): Promise<Batch> {
  const { order, batchSize, resize, crop } = plan;
  const indices = order.slice(batch * batchSize, (batch + 1) * batchSize);
  const pixels = crop * crop * 3;
  const data = new Uint8Array(indices.length * pixels);
  const labels = new Int32Array(indices.length);

  // Cropped one by one: a batch of large photographs would take gigabytes at full size.
  const loading = Array.from(indices, (index, i) =>
    limiter.run(async () => {
      labels[i] = checkLabel(dataset, index);
      const picture = checkPicture(nameOf(dataset, index), await dataset.image(index), resize);
      await resizeCrop([picture], { resize, crop }, data.subarray(i * pixels, (i + 1) * pixels));
    }),
  );
  // All are waited for, so that the first failure in the order of the batch is reported, not the first in time.
  const failed = (await Promise.allSettled(loading)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return { images: { data, shape: [indices.length, crop, crop, 3] }, labels, indices };
}

const nameOf = (dataset: Dataset, index: number) => dataset.name?.(index) ?? `picture ${index}`;

/** Storing it in an `Int32Array` would turn nonsense into a class. */
function checkLabel(dataset: Dataset, index: number): number {
  const label = dataset.label(index);
  if (Number.isInteger(label) && label >= 0 && label < dataset.classes.length) return label;
  throw invalid(
    `the label of ${nameOf(dataset, index)}`,
    `an integer in [0, ${dataset.classes.length - 1}]`,
    label,
    'INVALID_LABEL',
  );
}

async function unlessAborted<T>(promise: Promise<T>, watched: AbortSignal | undefined): Promise<T> {
  if (!watched) return promise;
  let abort = () => {};
  // A new promise each time: one that lives as long as the signal would keep every batch that it has raced with.
  const aborted = new Promise<never>((_, reject) => {
    abort = () =>
      reject(new GoogLeNetError('ABORTED', 'Reading the dataset was aborted.', { cause: watched.reason }));
    if (watched.aborted) abort();
    else watched.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    watched.removeEventListener('abort', abort);
  }
}
