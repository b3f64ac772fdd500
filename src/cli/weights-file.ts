import { GoogLeNetError } from '../core/errors.js';
import type { TensorInfo } from '../core/tensor.js';
import { isSameClass } from '../data/class-names.js';
import type { Dataset } from '../data/dataset.js';
import { WeightsFile } from '../formats/weights-file.js';
import type { ModelDescription } from '../models/description.js';
import { modelIn } from '../models/stored-architecture.js';
import { isCheckpoint } from '../train/checkpoint.js';

/** A file of weights that is open: what it says of itself, and where its tensors are read from. */
export interface OpenWeights {
  path: string;
  file: WeightsFile;
  isCheckpoint: boolean;
  model: ModelDescription;
  /** Tensors of the model, under its own names. */
  tensors: readonly TensorInfo[];
  /** All tensors of the file, under their names in it. */
  stored: readonly TensorInfo[];
}

/**
 * Opens a file of weights, of which no values are read yet; `file.close()` closes it.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `WEIGHTS_MISMATCH` where no architecture has these tensors.
 */
export async function openWeights(path: string): Promise<OpenWeights> {
  const file = await WeightsFile.open(path);
  try {
    return describeWeights(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What an open file says of itself. @throws GoogLeNetError `INVALID_WEIGHTS`, `WEIGHTS_MISMATCH` */
export function describeWeights(file: WeightsFile): OpenWeights {
  const { tensors, description: model, content } = modelIn(file);
  return { path: file.path, file, isCheckpoint: isCheckpoint(content), model, tensors, stored: file.tensors };
}

/** Whether a model's classifiers are for these classes; names that a file lacks are taken to be the same. */
export function hasSameClasses({ model }: OpenWeights, { classes }: Dataset): boolean {
  const { numClasses, classes: names } = model;
  return classes.length === numClasses && (names?.every((name, i) => isSameClass(name, classes[i])) ?? true);
}

/**
 * Labels are indices in the list of classes, so a folder with other classes would give wrong scores.
 * @throws GoogLeNetError `INVALID_DATASET`
 */
export function assertSameClasses(
  { path, model }: { path: string; model: Pick<ModelDescription, 'numClasses' | 'classes'> },
  dir: string,
  { classes }: Dataset,
): void {
  const { numClasses, classes: names } = model;
  const fix = 'Give the folder that has one subfolder for each class of the model, with the same names.';
  if (classes.length !== numClasses) {
    const numbers = `${dir} has ${classes.length} classes, the model in ${path} has ${numClasses}`;
    throw new GoogLeNetError('INVALID_DATASET', `${numbers}. ${fix}`);
  }
  const other = names?.findIndex((name, i) => !isSameClass(name, classes[i])) ?? -1;
  if (other === -1) return;
  const pair = `class ${other} is ${classes[other]} in ${dir} but ${names?.[other]} in ${path}`;
  throw new GoogLeNetError('INVALID_DATASET', `The classes differ: ${pair}. ${fix}`);
}
