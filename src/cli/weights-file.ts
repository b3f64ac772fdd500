import { GoogLeNetError } from '../core/errors.js';
import { isSameClass } from '../data/class-names.js';
import type { Dataset } from '../data/dataset.js';
import { describeTensorFile } from '../formats/tensor-file.js';
import type { ModelDescription } from '../models/description.js';
import { modelIn } from '../models/stored-architecture.js';
import type { TensorSpan } from '../native/binding-types.js';
import { isCheckpoint } from '../train/checkpoint.js';

export interface WeightsFile {
  path: string;
  isCheckpoint: boolean;
  model: ModelDescription;
  /** Tensors of the model, under its own names. */
  tensors: readonly TensorSpan[];
  /** All tensors of the file, under their names in it. */
  stored: readonly TensorSpan[];
}

/**
 * What a file of weights says about itself. Values of tensors are not read.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `WEIGHTS_MISMATCH` where no architecture has these tensors.
 */
export async function describeFile(path: string): Promise<WeightsFile> {
  const header = await describeTensorFile(path);
  const { tensors, description, content } = modelIn(header, path);
  return {
    path,
    isCheckpoint: isCheckpoint(content),
    model: description,
    tensors,
    stored: header.tensors,
  };
}

/** Whether a model has the classes of a dataset. A file without names matches any names. */
export function hasSameClasses({ model }: WeightsFile, { classes }: Dataset): boolean {
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
