import { GoogLeNetError } from '../core/errors.js';

/** Buffers of BatchNorm are stored with the parameters and not trained. */
export const isParameter = (name: string): boolean =>
  !/\.(running_mean|running_var|num_batches_tracked)$/.test(name);

/** `inception_3a` matches the module and all that is in it; `*` stands for any characters: `inception_3*`, `*.bias`. */
function toMatcher(pattern: string): RegExp {
  const text = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*');
  return new RegExp(`^${text}(\\.|$)`);
}

/** The names that any of the patterns matches. @throws GoogLeNetError `INVALID_ARGUMENT` for a pattern that matches none. */
export function matching(option: string, patterns: readonly string[], names: readonly string[]): string[] {
  const matchers = patterns.map(toMatcher);
  const idle = patterns.find((_, i) => !names.some((name) => matchers[i]?.test(name)));
  if (idle !== undefined) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      `${option}: no parameter of the model matches '${idle}'. Names are like ${names.slice(0, 3).join(', ')}.`,
    );
  }
  return names.filter((name) => matchers.some((matcher) => matcher.test(name)));
}
