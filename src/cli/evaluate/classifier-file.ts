/** The files that `googlenet evaluate` takes: weights, and plans of engines. */
import type { Terminal } from '../../core/terminal.js';
import { planIn } from '../../engine/plan.js';
import { WeightsFile } from '../../formats/weights-file.js';
import type { InputSizes } from '../../inference/input-size.js';
import { inputSizesOf } from '../../models/stored-architecture.js';
import { type TransformInput, transformInputs } from '../transform-input.js';
import { describeWeights, type OpenWeights } from '../weights-file.js';

export interface ClassifierFile {
  path: string;
  /** Open until the model or engine is loaded. */
  file: WeightsFile;
  model: { numClasses: number; classes?: readonly string[] };
  inputSizes: InputSizes;
  /** Null for the plan of an engine. */
  weights: OpenWeights | null;
}

/**
 * Opens a file, of which no values are read yet; `file.close()` closes it.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `WEIGHTS_MISMATCH`
 */
async function openClassifier(path: string): Promise<ClassifierFile> {
  const file = await WeightsFile.open(path);
  try {
    const plan = planIn(file, path);
    if (plan) return { path, file, model: plan, inputSizes: plan.inputSizes, weights: null };
    const weights = describeWeights(file);
    return { path, file, model: weights.model, inputSizes: inputSizesOf(weights.model), weights };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens files, and closes them after `use`. @throws as `openClassifier`; what `use` throws */
export async function withClassifiers<T>(
  paths: readonly string[],
  use: (files: ClassifierFile[]) => Promise<T>,
): Promise<T> {
  const files: ClassifierFile[] = [];
  try {
    for (const path of paths) files.push(await openClassifier(path));
    return await use(files);
  } finally {
    await Promise.all(files.map(({ file }) => file.close()));
  }
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
