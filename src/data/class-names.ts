import { invalid, itemsOf } from '../core/validation.js';

/** Class names that a caller gives: a copy. @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readClasses(options: unknown): readonly string[] {
  const isName = (name: unknown) => typeof name === 'string' && name !== '';
  if (!Array.isArray(options) || options.length === 0 || !itemsOf(options).every(isName)) {
    throw invalid('classes', 'a list of class names', options);
  }
  const twice = options.find((name, i) => options.indexOf(name) !== i);
  if (twice !== undefined) throw invalid('classes', 'names that differ', twice);
  return [...options];
}

/**
 * Whether two names are those of one class. The same letters can be written in several ways, é as one character or as e with an accent,
 * and file systems and archivers change one into the other.
 */
export const isSameClass = (name: string | undefined, other: string | undefined): boolean =>
  name === other || name?.normalize() === other?.normalize();
