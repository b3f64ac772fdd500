/** From a model to what engines are made of: layers, weights, and the ranges that int8 needs. */
import { GoogLeNetError } from '../core/errors.js';
import type { Images } from '../core/tensor.js';
import { invalid } from '../core/validation.js';
import { readImages } from '../inference/image-batch.js';
import type { NativeClassifier, NativePlan } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import { loadAddon } from '../native/load.js';
import type { Calibration } from './options.js';
import type { PlanModel } from './plan.js';

/** The model as engines take it. Its weights are copied by another thread, into memory of JavaScript's own. */
export async function lower(
  model: NativeClassifier,
  options: Parameters<NativeClassifier['lower']>[0],
): Promise<NativePlan> {
  const { network, weightBytes, copyWeights } = await call(() => model.lower(options));
  const weights = new Uint8Array(weightBytes);
  await call(() => copyWeights({ buffer: weights }));
  return { network, weights };
}

/** The largest number of each value, over all images. */
export async function calibrate(
  model: NativeClassifier,
  { inputSizes }: PlanModel,
  allHeads: boolean,
  calibration: Calibration,
): Promise<Float32Array> {
  const frozen = await lower(model, { precision: 'float32', allHeads });
  const engine = callSync(() => new (loadAddon().LibtorchEngine)(frozen));
  try {
    await call(() => engine.ready());
    let amax: Float32Array | undefined;
    for await (const images of batchesOf(calibration)) {
      const { count: _, bytes: __, ...batch } = readImages(images, inputSizes);
      const found = await call(() => engine.calibrate(batch));
      // NaN stays NaN, and is refused when ranges are made of it.
      amax = amax?.map((most, i) => Math.max(most, found[i] ?? 0)) ?? found;
    }
    if (amax) return amax;
  } finally {
    engine.dispose();
  }
  throw new GoogLeNetError('INVALID_ARGUMENT', 'Expected at least one batch of images for calibration.');
}

function batchesOf(calibration: Calibration): Iterable<Images> | AsyncIterable<Images> {
  if (typeof calibration !== 'object' || calibration === null)
    throw invalid('calibration', 'batches of images', calibration);
  return 'data' in calibration ? [calibration] : calibration;
}
