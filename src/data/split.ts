import { GoogLeNetError } from '../core/errors.js';
import { boolean, invalid, number, readOptions, seed } from '../core/validation.js';
import type { Dataset } from './dataset.js';
import { epochIndices } from './sampler.js';
import { checkLabel, sampleName } from './samples.js';

export interface SplitOptions {
  /** Share of the first part, in (0, 1). */
  fraction: number;
  /** In [0, 2^64). Default 0. */
  seed?: number | bigint;
  /** Splits every class in this proportion. Default true. */
  stratified?: boolean;
}

/**
 * Two parts of a dataset, drawn at random but always the same for a seed; each keeps the dataset's order, classes and names. Counts
 * are rounded, but what has two images or more (a class, where stratified) has some in both parts.
 * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_LABEL`; `INVALID_DATASET` where a part would be empty.
 */
export function split(dataset: Dataset, options: SplitOptions): [Dataset, Dataset] {
  const read = readOptions('options', options, ['fraction', 'seed', 'stratified']);
  const fraction = number('fraction', read.fraction, { min: 0, max: 1, above: true, below: true });
  const drawnFrom = seed('seed', read.seed ?? 0);
  const groups = boolean('stratified', read.stratified ?? true) ? byClass(dataset) : [everything(dataset)];

  const isFirst = new Uint8Array(dataset.length);
  for (const [stream, members] of groups.entries()) {
    const order = epochIndices(members.length, { seed: drawnFrom, epoch: stream, shuffle: true });
    const rounded = Math.round(members.length * fraction);
    const count = members.length < 2 ? rounded : Math.min(Math.max(rounded, 1), members.length - 1);
    for (const drawn of order.subarray(0, count)) isFirst[members[drawn] as number] = 1;
  }
  const all = everything(dataset);
  const first = all.filter((index) => isFirst[index] === 1);
  const rest = all.filter((index) => isFirst[index] === 0);
  if (first.length > 0 && rest.length > 0) return [view(dataset, first), view(dataset, rest)];
  const message = `${dataset.length} images cannot be split by a fraction of ${fraction}: one part would be empty.`;
  throw new GoogLeNetError('INVALID_DATASET', message);
}

const everything = ({ length }: Dataset): Uint32Array => new Uint32Array(length).map((_, i) => i);

function byClass(dataset: Dataset): number[][] {
  const groups = dataset.classes.map((): number[] => []);
  for (let index = 0; index < dataset.length; index++) {
    groups[checkLabel(sampleName(dataset, index), dataset.label(index), dataset.classes)]?.push(index);
  }
  return groups;
}

/** The images at `indices` of a dataset, as a dataset. */
function view(dataset: Dataset, indices: Uint32Array): Dataset {
  const at = (index: number): number => {
    const found = indices[index];
    if (found === undefined) throw invalid('index', `an integer in [0, ${indices.length - 1}]`, index);
    return found;
  };
  const encoded = dataset.encoded?.bind(dataset);
  return {
    length: indices.length,
    classes: dataset.classes,
    label: (index) => dataset.label(at(index)),
    image: async (index) => dataset.image(at(index)),
    name: (index) => sampleName(dataset, at(index)),
    ...(dataset.dir !== undefined && { dir: dataset.dir }),
    ...(dataset.decoding && { decoding: dataset.decoding }),
    ...(encoded && { encoded: async (index: number) => encoded(at(index)) }),
  };
}
