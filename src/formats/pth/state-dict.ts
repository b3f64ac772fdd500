/** From what a pickle holds to named tensors. */
import { DTYPE_BYTES } from '../../core/tensor.js';
import { numberOfElements } from '../../core/validation.js';
import type { ForeignTensor, StoredTensor } from '../format.js';
import type { InvalidFile } from '../invalid-file.js';
import type { OpenFile } from '../open-files.js';
import { quote } from '../quote.js';
import { Dict, type PickleValue } from './pickle-values.js';
import { extentOf, isContiguous, TensorView, Unreadable } from './torch-globals.js';

/** The keys under which training scripts keep the weights, next to optimizer, epoch and so on. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model'];

/** How many of them may be in one another. */
const MAX_DEPTH = 4;

/** As many as the header of a safetensors file has room for. A GoogLeNet has 350. */
const MAX_TENSORS = 10_000;

/** Tensors may share storages, but a small file must not become a lot of memory… */
const MAX_SHARING = 4;
/** … nor a lot of reading: of a tensor with strides, all that it reaches over is read. */
const MAX_READING = 32;

export interface StateDictEntries {
  tensors: [name: string, TensorView][];
  /** The other entries of the dict; a model may need none of them. */
  foreign: ForeignTensor[];
}

/** What is in a state_dict, or in the one that a checkpoint holds, in its order. @throws what `invalidFile` makes */
export function stateDictIn(value: PickleValue, invalidFile: InvalidFile): StateDictEntries {
  const dict = unwrapped(value);
  if (dict === null) {
    throw invalidFile(`it holds no state_dict but ${nameOf(value)}. Save model.state_dict()`);
  }
  if (dict.size > MAX_TENSORS)
    throw invalidFile(`its state_dict has ${dict.size} entries; at most ${MAX_TENSORS} are read`);
  const entries: StateDictEntries = { tensors: [], foreign: [] };
  const names = new Set<string>();
  for (const [name, tensor] of dict) {
    if (typeof name !== 'string')
      throw invalidFile(`its state_dict has something else than a name as a key, ${listed([name])}`);
    if (names.has(name)) throw invalidFile(`its state_dict has two entries called ${listed([name])}`);
    names.add(name);
    if (tensor instanceof TensorView) entries.tensors.push([name, tensor]);
    else entries.foreign.push({ name, what: tensor instanceof Unreadable ? tensor.what : 'is no tensor' });
  }
  return entries;
}

function unwrapped(value: PickleValue): Dict | null {
  let inner = value;
  for (let depth = 0; depth < MAX_DEPTH && inner instanceof Dict; depth++) {
    const dict = inner;
    const key = WRAPPERS.find((wrapper) => dict.get(wrapper) instanceof Dict);
    if (key === undefined) return hasTensors(dict) ? dict : null;
    inner = dict.get(key) ?? null;
  }
  return null;
}

const isTensor = (item: PickleValue): boolean => item instanceof TensorView || item instanceof Unreadable;

function hasTensors(dict: Dict): boolean {
  for (const [, item] of dict) if (isTensor(item)) return true;
  return false;
}

function nameOf(value: PickleValue): string {
  if (!(value instanceof Dict)) return 'something that is no dict';
  const keys: PickleValue[] = [];
  for (const [key] of value) if (keys.push(key) === 5) break;
  return keys.length === 0 ? 'an empty dict' : `a dict of ${listed(keys)}`;
}

const listed = (keys: readonly PickleValue[]): string =>
  keys.map((key) => (typeof key === 'string' ? quote(key) : typeof key)).join(', ');

/**
 * Where the tensors' bytes are in the file.
 * @param spans position and number of bytes of each storage, by its key.
 * @throws what `invalidFile` makes
 */
export function locate(
  tensors: readonly [string, TensorView][],
  spans: ReadonlyMap<string, { offset: number; bytes: number }>,
  file: OpenFile,
  invalidFile: InvalidFile,
): StoredTensor[] {
  const located: StoredTensor[] = [];
  let total = 0;
  let reading = 0;
  for (const [name, { storage, offset, shape, strides }] of tensors) {
    const { dtype } = storage;
    const size = DTYPE_BYTES[dtype];
    const stored = spans.get(storage.key);
    if (!stored) throw invalidFile(`it lacks the storage ${quote(storage.key)}`);
    if (storage.length * size > stored.bytes) {
      throw invalidFile(
        `the storage of ${quote(name)} has ${stored.bytes} bytes, too few for ${storage.length} values`,
      );
    }
    const isPlain = isContiguous(shape, strides);
    const bytes = size * (isPlain ? numberOfElements(shape) : extentOf(shape, strides));
    total += numberOfElements(shape) * size;
    reading += bytes;
    if (total > MAX_SHARING * file.size || reading > MAX_READING * file.size) {
      throw invalidFile(
        'its tensors share their values so much that they take many times its size. Save copies',
      );
    }
    const span = { name, dtype, shape: [...shape], offset: stored.offset + offset * size, fd: file.fd };
    located.push(isPlain ? { ...span, bytes } : { ...span, bytes, strides: [...strides] });
  }
  return located;
}
