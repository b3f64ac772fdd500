import { usableCpus } from '../../core/cpu-quota.js';
import type { Device } from '../../core/device.js';
import type { ErrorCode, GoogLeNetError } from '../../core/errors.js';
import type { Images, Tensor } from '../../core/tensor.js';
import type { Terminal } from '../../core/terminal.js';
import { isDecodeError } from '../../data/decode-errors.js';
import type { Logits } from '../../inference/classifier.js';
import { loadImages } from '../../inference/image-input.js';
import { type Classification, topK } from '../../inference/top-k.js';
import type { ImageClassifier } from '../../models/image-classifier.js';
import { loadModelFrom } from '../../models/load.js';
import { setNumThreads } from '../../native/runtime.js';
import { transformInputs } from '../transform-input.js';
import { openWeights } from '../weights-file.js';
import type { PredictSettings } from './settings.js';

/** The best classes of each head; null for an auxiliary head that was not asked for, or that the model does not have. */
export interface Heads {
  main: Classification[];
  aux1: Classification[] | null;
  aux2: Classification[] | null;
}

export interface ImageClassification extends Heads {
  image: string;
}

/** An image that could not be read. */
export interface SkippedImage {
  image: string;
  code: ErrorCode;
  reason: string;
}

/** Images that are loaded and computed together. A larger batch is hardly faster, takes ten megabytes more for each image, and is answered later. */
const BATCH = Math.max(2, usableCpus());

/** Classifies images one by one, in their order. One that cannot be read ends it, after the ones before, or is skipped. */
export async function* predict(
  terminal: Terminal,
  weights: string,
  images: readonly string[],
  settings: PredictSettings,
): AsyncGenerator<ImageClassification | SkippedImage, void, void> {
  const { maxPixels, autoOrient, onDecodeError } = settings;
  const model = await load(terminal, weights, settings);
  try {
    for (let start = 0; start < images.length; start += BATCH) {
      const paths = images.slice(start, start + BATCH);
      const loading = paths.map((path) => loadImages([path], { maxPixels, autoOrient }));
      const loaded = await Promise.allSettled(loading);
      const failed = loaded.findIndex(
        (one) => one.status === 'rejected' && !mayBeSkipped(one.reason, onDecodeError),
      );
      const usable = failed === -1 ? loaded : loaded.slice(0, failed);
      const readable = usable.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const logits = readable.length > 0 ? await model.forward(together(readable)) : null;
      let row = 0;
      for (const [i, result] of usable.entries()) {
        const image = paths[i] as string;
        if (result.status === 'rejected') yield skippedImage(image, result.reason);
        else if (logits) yield { image, ...headsOf(logits, row++, settings.topK, model.classes) };
      }
      const failure = loaded[failed];
      if (failure?.status === 'rejected') throw failure.reason;
    }
  } finally {
    model.dispose();
  }
}

async function load(terminal: Terminal, path: string, settings: PredictSettings): Promise<ImageClassifier> {
  const weights = await openWeights(path);
  try {
    const [own] = transformInputs(terminal, [weights], settings.transformInput);
    // What is not shown need not be computed.
    const heads = weights.model.auxLogits && !settings.auxHeads ? { auxLogits: false } : {};
    if (settings.threads !== null) setNumThreads(settings.threads);
    return await loadModelFrom(weights.file, { device: settings.device as Device, ...own, ...heads });
  } finally {
    await weights.file.close();
  }
}

const mayBeSkipped = (error: unknown, onDecodeError: PredictSettings['onDecodeError']): boolean =>
  onDecodeError === 'skip' && isDecodeError(error);

const skippedImage = (image: string, { code, message }: GoogLeNetError): SkippedImage => ({
  image,
  code,
  reason: message,
});

/** Batches of one as one batch. */
function together(batches: readonly Images[]): Images {
  const size = batches[0]?.data.length ?? 0;
  const data = new Uint8Array(batches.length * size);
  for (const [i, one] of batches.entries()) data.set(one.data, i * size);
  const [, ...shape] = batches[0]?.shape ?? [];
  return { data, shape: [batches.length, ...shape] };
}

function headsOf([main, aux1, aux2]: Logits, i: number, k: number, classes?: readonly string[]): Heads {
  const best = ({ data, shape: [, width = 0] }: Tensor) =>
    topK(data.subarray(i * width, (i + 1) * width), k, classes);
  return { main: best(main), aux1: aux1 && best(aux1), aux2: aux2 && best(aux2) };
}
