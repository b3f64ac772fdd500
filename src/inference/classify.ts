/** From an image as callers have it to its most likely classes: `classify` of models and engines. */
import { throwIfAborted } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { integer, readOptions, signal as readSignal } from '../core/validation.js';
import type { DecodeImageOptions } from '../data/decode.js';
import type { NativeCall, NativeImages } from '../native/binding-types.js';
import { PREPROCESSED, type QueuedCall } from '../native/call-queue.js';
import type { Classifier } from './classifier.js';
import { readImages } from './image-batch.js';
import { type ImageInput, LOADING_OPTIONS, loadImages } from './image-input.js';
import { type Classification, topK } from './top-k.js';

export interface ClassifyOptions extends DecodeImageOptions {
  /** How many classes. Default 5. */
  topK?: number;
}

/**
 * The model or engine that computes.
 * @internal
 */
interface Target extends Pick<Classifier, 'classes' | 'inputSizes'> {
  queue(queued: Omit<QueuedCall, 'cancel'>, start: (id: number) => Promise<Heads>): Promise<Heads>;
  forward(batch: NativeImages & NativeCall): Promise<Heads>;
}

type Heads = readonly [main: Tensor, ...aux: unknown[]];

/**
 * The most likely classes of an image, best first, with the published preprocessing.
 * @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND`, `OVERLOADED`, `ABORTED`, and what `forward` throws
 * @internal
 */
export async function classify(
  source: ImageInput,
  options: ClassifyOptions,
  { classes, inputSizes, queue, forward }: Target,
): Promise<Classification[]> {
  const { topK: k = 5, ...loading } = readOptions('options', options, ['topK', ...LOADING_OPTIONS]);
  const count = integer('topK', k, 1);
  const signal = readSignal('signal', loading.signal);
  // The call is queued before its image is decoded, so that the queue's limit bounds the decoding too.
  const [main] = await queue({ ...PREPROCESSED, signal }, async (id) => {
    const { batch } = readImages(await loadImages([source], loading as DecodeImageOptions), inputSizes);
    throwIfAborted(signal, 'The call');
    return forward({ ...batch, id });
  });
  return topK(main.data, count, classes);
}
