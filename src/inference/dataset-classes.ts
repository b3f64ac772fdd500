/** Whether a dataset and a model have the same classes. */
import { GoogLeNetError } from '../core/errors.js';
import { invalid, object } from '../core/validation.js';
import { isSameClass } from '../data/class-names.js';
import type { Dataset } from '../data/dataset.js';
import type { Classifier } from './classifier.js';

type ModelClasses = Pick<Classifier, 'numClasses' | 'classes'>;

/**
 * A dataset that a model can be trained or scored on. Labels are positions in the list of classes, so the lists must be the same.
 * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_DATASET`
 */
export function assertDataset(what: string, dataset: Dataset, model: ModelClasses): void {
  const { length, classes: names, label, image } = object(what, dataset) as unknown as Dataset;
  const isDataset =
    Number.isSafeInteger(length) &&
    Array.isArray(names) &&
    [label, image].every((f) => typeof f === 'function');
  if (!isDataset) throw invalid(what, 'a dataset with length, classes, label() and image()', dataset);
  if (length === 0) throw new GoogLeNetError('INVALID_DATASET', `${what} is empty.`);
  assertClasses(what, names, model);
}

/** @throws GoogLeNetError `INVALID_DATASET` */
export function assertClasses(
  what: string,
  names: readonly string[],
  { numClasses, classes }: ModelClasses,
): void {
  if (names.length > numClasses) {
    const message = `${what} has ${names.length} classes, the model only ${numClasses}. Set numClasses.`;
    throw new GoogLeNetError('INVALID_DATASET', message);
  }
  if (classes) assertSameClasses(what, names, 'the model', classes);
}

/** @throws GoogLeNetError `INVALID_DATASET` */
export function assertSameClasses(
  what: string,
  names: readonly string[],
  other: string,
  others: readonly string[],
): void {
  const at = names.findIndex((name, i) => !isSameClass(name, others[i]));
  if (at === -1 && names.length === others.length) return;
  const pair =
    at === -1
      ? `${names.length} and ${others.length} of them`
      : `class ${at} is ${names[at]} and ${others[at]}`;
  const message = `${what} and ${other} have different classes: ${pair}. Give both the same ones in the same order.`;
  throw new GoogLeNetError('INVALID_DATASET', message);
}
