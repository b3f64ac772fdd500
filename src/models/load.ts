import { path as readPath, signal as readSignal } from '../core/validation.js';
import { type WeightsFile, withWeightsFile } from '../formats/weights-file.js';
import { type GoogLeNet, loadGoogLeNet } from './googlenet.js';
import type { LoadAnyOptions } from './load-weights.js';
import { modelIn } from './stored-architecture.js';
import { loadXception, type Xception } from './xception.js';

export interface LoadModelAnyOptions extends LoadAnyOptions {
  /** `GoogLeNet` only: false leaves out the auxiliary heads that the file has. */
  auxLogits?: boolean;
  /** For files of the variant `torchvision` that do not say it; see `GoogLeNet.load`. */
  transformInput?: boolean;
}

/**
 * The model that is in a file, whichever it is. `GoogLeNet.load` and `Xception.load` take options of their own.
 * @returns the model, in evaluation mode.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `UNSAFE_PICKLE`, `WEIGHTS_MISMATCH`, `CUDA_UNAVAILABLE`, `ABORTED`
 */
export async function loadModel(
  path: string,
  options: LoadModelAnyOptions = {},
): Promise<GoogLeNet | Xception> {
  const signal = readSignal('signal', options?.signal);
  return withWeightsFile(readPath('path', path), (file) => loadModelFrom(file, options), { signal });
}

/**
 * The same from a file that is open already, and stays open.
 * @internal
 */
export async function loadModelFrom(
  file: WeightsFile,
  options: LoadModelAnyOptions = {},
): Promise<GoogLeNet | Xception> {
  const { description } = modelIn(file);
  return description.architecture === 'xception' ? loadXception(file, options) : loadGoogLeNet(file, options);
}
