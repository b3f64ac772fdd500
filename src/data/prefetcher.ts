/** The machinery under `batches()` and `DataLoader`: images → batches, ahead of the caller, in order, whatever finishes first. */
import { unlessAborted, withGrace } from '../core/abort.js';
import { throwIfAborted } from '../core/errors.js';
import type { Images } from '../core/tensor.js';
import { isUint8Array } from '../core/validation.js';
import type { AugmentOptions } from './augment.js';
import { augmentImage } from './augment-apply.js';
import type { RawImage } from './dataset.js';
import { withDecoded } from './decode.js';
import { isDecodeError, type OnDecodeError, type Skipped } from './decode-errors.js';
import { IN_WORK } from './decoding-slots.js';
import { Limiter } from './limiter.js';
import { Xoshiro128 } from './sampler.js';
import type { BatchSource, Sample } from './samples.js';
import {
  checkElongation,
  checkPixels,
  copyImage,
  type ResizeCropOptions,
  resizeCropInto,
} from './transforms.js';

export interface Batch {
  /** RGB bytes, `[n, crop, crop, 3]`. */
  images: Images;
  labels: Int32Array;
  /** Positions in the dataset. */
  indices: Uint32Array;
  /** The images that `onDecodeError: 'skip'` left out; empty with `throw`. A batch may have no images at all. */
  skipped: Skipped[];
}

export interface PrefetchOptions extends ResizeCropOptions {
  /** Null for evaluation preprocessing; else the parts and the seed of the augmentation. */
  augment: { options: AugmentOptions; seed: bigint; epoch: number } | null;
  onDecodeError: OnDecodeError;
  prefetch: number;
  signal: AbortSignal | undefined;
}

/** Decoding ends within this time. Calls into a caller's dataset may never end. */
const GRACE_MS = 2000;

/** What messages call it. */
const READING = 'Reading the dataset';

/** Batches of a source. However the loop ends, what is in work is waited for and the source is closed; after the signal, for {@link GRACE_MS}. */
export async function* prefetch(
  source: BatchSource,
  plan: PrefetchOptions,
): AsyncGenerator<Batch, void, undefined> {
  const limiter = new Limiter(IN_WORK);
  const ahead: Promise<Batch | null>[] = [];
  let failed = false;
  try {
    for (;;) {
      while (ahead.length <= plan.prefetch) {
        const batch = source.next().then((samples) => samples && load(samples, plan, limiter));
        // It may fail long before it is awaited, and may never be awaited.
        batch.catch(() => undefined);
        ahead.push(batch);
      }
      const batch = await unlessAborted(ahead.shift() as Promise<Batch | null>, plan.signal, READING);
      if (batch === null) return;
      yield batch;
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    await withGrace(limiter.stop(), plan.signal, GRACE_MS);
    const closed = source.close(!plan.signal?.aborted).catch((error) => {
      // The first failure is the one to report.
      if (!failed) throw error;
    });
    await withGrace(closed, plan.signal, GRACE_MS);
  }
}

async function load(samples: readonly Sample[], plan: PrefetchOptions, limiter: Limiter): Promise<Batch> {
  const { crop } = plan;
  const size = crop * crop * 3;
  const data = new Uint8Array(samples.length * size);
  // Each image is cropped as soon as it is decoded: a batch of large photographs would take gigabytes at full size.
  const loading = samples.map((sample, i) =>
    limiter.run(async () => {
      const label = sample.label();
      await fill(data.subarray(i * size, (i + 1) * size), sample, plan);
      return label;
    }),
  );
  // Waits for all of them, so that the failure reported is the first in the batch, not the first in time.
  const results = await Promise.allSettled(loading);
  const labels: number[] = [];
  const indices: number[] = [];
  const skipped: Skipped[] = [];
  for (const [i, result] of results.entries()) {
    const { index, name } = samples[i] as Sample;
    if (result.status === 'rejected') {
      if (plan.onDecodeError === 'throw' || !isDecodeError(result.reason)) throw result.reason;
      skipped.push({ index, name, reason: result.reason.message });
      continue;
    }
    if (skipped.length > 0) data.copyWithin(labels.length * size, i * size, (i + 1) * size);
    labels.push(result.value);
    indices.push(index);
  }
  return {
    images: { data: data.subarray(0, labels.length * size), shape: [labels.length, crop, crop, 3] },
    labels: Int32Array.from(labels),
    indices: Uint32Array.from(indices),
    skipped,
  };
}

async function fill(output: Uint8Array, sample: Sample, plan: PrefetchOptions): Promise<void> {
  const { name, indexInEpoch, decoding } = sample;
  const { augment, resize, crop, signal } = plan;
  throwIfAborted(signal, READING);
  const read = await sample.read();
  const source = isUint8Array(read) ? read : await copyImage(checkPixels(name, read));
  if (augment) {
    const random = Xoshiro128.seeded(augment.seed, augment.epoch, indexInEpoch);
    const how = { augment: augment.options, resize, crop };
    output.set(await augmentImage(source, name, random, how, { decoding, signal }));
    return;
  }
  const finish = async (image: RawImage) => {
    checkElongation(name, image, resize);
    await resizeCropInto(output, [image], { resize, crop }, isUint8Array(source) ? [source] : []);
  };
  await (isUint8Array(source) ? withDecoded(source, name, { decoding, signal }, finish) : finish(source));
}
