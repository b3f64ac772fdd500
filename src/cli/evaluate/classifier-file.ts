/** The files that `googlenet evaluate` takes: weights, and plans of engines. */
import type { Terminal } from '../../core/terminal.js';
import { planIn } from '../../engine/plan.js';
import { describeTensorFile } from '../../formats/tensor-file.js';
import type { InputSizes } from '../../inference/input-size.js';
import { inputSizesOf } from '../../models/stored-architecture.js';
import { type TransformInput, transformInputs } from '../transform-input.js';
import { describeFile, type WeightsFile } from '../weights-file.js';

export interface ClassifierFile {
  path: string;
  model: { numClasses: number; classes?: readonly string[] };
  inputSizes: InputSizes;
  /** Null for the plan of an engine. */
  weights: WeightsFile | null;
}

/**
 * What a file says of itself; its tensors are not read.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `WEIGHTS_MISMATCH`
 */
export async function describeClassifier(path: string): Promise<ClassifierFile> {
  const plan = planIn(await describeTensorFile(path), path);
  if (plan) return { path, model: plan, inputSizes: plan.inputSizes, weights: null };
  const weights = await describeFile(path);
  return { path, model: weights.model, inputSizes: inputSizesOf(weights.model), weights };
}

/** The options of loading each file, and a warning for each that leaves one open. */
export function loadOptions(
  terminal: Terminal,
  files: readonly ClassifierFile[],
  flag: boolean | null,
): TransformInput[] {
  const weights = files.flatMap((file) => file.weights ?? []);
  const own = weights.length > 0 ? transformInputs(terminal, weights, flag) : [];
  return files.map((file) => (file.weights ? (own[weights.indexOf(file.weights)] ?? {}) : {}));
}
