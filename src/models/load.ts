import { describeTensorFile } from '../formats/tensor-file.js';
import { string } from '../validate.js';
import { GoogLeNet, type LoadModelOptions } from './googlenet.js';
import { modelIn } from './model-file.js';
import { type LoadXceptionOptions, Xception } from './xception.js';

/** Options that every model takes when it is loaded. */
export type LoadAnyOptions = Omit<LoadModelOptions, 'auxLogits' | 'dropoutAux' | 'transformInput'>;

/**
 * The model that is in a file, whichever it is. `GoogLeNet.load` and `Xception.load` take options of their own.
 * @returns the model, in evaluation mode.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `UNSAFE_PICKLE`, `WEIGHTS_MISMATCH`, `CUDA_UNAVAILABLE`
 */
export async function loadModel(path: string, options: LoadAnyOptions = {}): Promise<GoogLeNet | Xception> {
  const { description } = modelIn(await describeTensorFile(string('path', path)), path);
  return description.architecture === 'xception'
    ? Xception.load(path, options as LoadXceptionOptions)
    : GoogLeNet.load(path, options);
}
