/** Lowers a model to the layers and weights of an engine, and finds the activation ranges that int8 needs. */
import { GoogLeNetError } from '../core/errors.js';
import type { Images } from '../core/tensor.js';
import { invalid } from '../core/validation.js';
import { readImages } from '../inference/image-batch.js';
import type { NativeClassifier, NativePlan } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import { loadAddon } from '../native/load.js';
import type { Calibration } from './options.js';
import type { PlanModel } from './plan.js';

/** The model as engines take it. Another thread copies its weights, into memory that JavaScript owns. */
export async function lower(
  model: NativeClassifier,
  options: Parameters<NativeClassifier['lower']>[0],
): Promise<NativePlan> {
  const { network, weightBytes, copyWeights } = await call(() => model.lower(options));
  const weights = new Uint8Array(weightBytes);
  await call(() => copyWeights({ buffer: weights }));
  return { network, weights };
}

/** The activation range of each tensor of the network: its largest absolute value (amax) over all images. */
export async function calibrate(
  model: NativeClassifier,
  { inputSizes }: PlanModel,
  allHeads: boolean,
  calibration: Calibration,
): Promise<Float32Array> {
  const lowered = await lower(model, { precision: 'float32', allHeads });
  const engine = callSync(() => new (loadAddon().LibtorchEngine)(lowered));
  try {
    await call(() => engine.ready());
    let amax: Float32Array | undefined;
    for await (const images of batchesOf(calibration)) {
      const { batch } = readImages(images, inputSizes);
      const found = await call(() => engine.calibrate(batch));
      // NaN stays NaN, and lowering to int8 refuses it.
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
