/** How the names and shapes of stored tensors differ from a model's. */
import { GoogLeNetError } from '../core/errors.js';
import type { TensorInfo } from '../core/tensor.js';
import { shorten } from '../formats/quote.js';
import type { Difference } from './state-dict.js';

export function compareTensors(model: readonly TensorInfo[], source: readonly TensorInfo[]): Difference {
  const wanted = new Map(model.map((info) => [info.name, info]));
  const names = new Set(source.map((info) => info.name));
  const sameShape = (a: readonly number[], b: readonly number[]) =>
    a.length === b.length && a.every((size, i) => size === b[i]);
  const difference: Difference = {
    missing: model.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    unexpected: [],
    mismatched: [],
  };
  for (const { name, shape } of source) {
    const target = wanted.get(name);
    if (!target) difference.unexpected.push(name);
    else if (!sameShape(target.shape, shape))
      difference.mismatched.push(`${name}: [${target.shape}] ≠ [${shape}]`);
  }
  return difference;
}

/** Of a name of a tensor, and of both its shapes. */
const MAX_SHOWN = 200;

function list(title: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  const some = names.slice(0, 5).map((name) => shorten(name, MAX_SHOWN));
  return ` ${title}: ${some.join(', ')}${more}.`;
}

const TAKE_WHAT_FITS = ' Pass { strict: false } to take what fits.';

/** @throws GoogLeNetError `WEIGHTS_MISMATCH` listing what is missing, unexpected (only if `strict`) or of another shape. */
export function assertMatch(
  difference: Difference,
  strict: boolean,
  what: string,
  fix = TAKE_WHAT_FITS,
): void {
  const { missing, unexpected, mismatched } = difference;
  if (mismatched.length === 0 && (!strict || missing.length + unexpected.length === 0)) return;
  const lists = [
    list('Other shape', mismatched),
    strict ? list('Missing', missing) : '',
    strict ? list('Unexpected', unexpected) : '',
  ];
  const hint = mismatched.length === 0 ? fix : '';
  throw new GoogLeNetError(
    'WEIGHTS_MISMATCH',
    `The tensors of ${what} do not fit this model.${lists.join('')}${hint}`,
  );
}

/**
 * Names of a source's tensors with one dimension that are scalars in the model: of those the first element is taken, as
 * `load_state_dict` does. PyTorch before 0.4 had no scalars.
 */
export function vectorsForScalars(model: readonly TensorInfo[], source: readonly TensorInfo[]): Set<string> {
  const scalars = new Set(model.filter(({ shape }) => shape.length === 0).map(({ name }) => name));
  const found = source.filter(({ name, shape }) => scalars.has(name) && shape.length === 1 && shape[0] !== 0);
  return new Set(found.map(({ name }) => name));
}
