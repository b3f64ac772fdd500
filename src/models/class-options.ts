/** The options `numClasses` and `classes` of every architecture. */
import { integer, invalid, itemsOf } from '../core/validation.js';
import { MAX_CLASSES } from './stored-architecture.js';

/** ImageNet's, for which weights are published. */
const DEFAULT_CLASSES = 1000;

/** Default: as many as there are names, else 1000. @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readNumClasses(value: unknown, classes: unknown): number {
  const named = Array.isArray(classes) && classes.length > 0 ? classes.length : DEFAULT_CLASSES;
  return integer('numClasses', value ?? named, 1, MAX_CLASSES);
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readClasses(value: unknown, numClasses: number): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (
    !Array.isArray(value) ||
    value.length !== numClasses ||
    !itemsOf(value).every((name) => typeof name === 'string')
  ) {
    throw invalid('classes', `an array of ${numClasses} names`, value);
  }
  return [...value];
}
