import { path as readPath, signal as readSignal } from '../core/validation.js';
import { describeTensorFile } from '../formats/tensor-file.js';
import { GoogLeNet } from './googlenet.js';
import type { LoadAnyOptions } from './load-weights.js';
import { modelIn } from './stored-architecture.js';
import { Xception } from './xception.js';

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
  const { description } = modelIn(await describeTensorFile(readPath('path', path), { signal }), path);
  return description.architecture === 'xception'
    ? Xception.load(path, options)
    : GoogLeNet.load(path, options);
}
