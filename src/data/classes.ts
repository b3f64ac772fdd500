import { invalid } from '../validate.js';

/** Class names that a caller gives: a copy. @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readClasses(given: unknown): readonly string[] {
  const isName = (name: unknown) => typeof name === 'string' && name !== '';
  if (!Array.isArray(given) || given.length === 0 || !given.every(isName)) {
    throw invalid('classes', 'a list of class names', given);
  }
  const twice = given.find((name, i) => given.indexOf(name) !== i);
  if (twice !== undefined) throw invalid('classes', 'names that differ', twice);
  return [...given];
}
