/** From what a pickle holds to named tensors. */
import { DTYPE_BYTES } from '../../tensor.js';
import { numberOfElements } from '../../validate.js';
import type { StoredTensor } from '../format.js';
import type { InvalidFile } from '../invalid-file.js';
import type { OpenFile } from '../open-files.js';
import { Dict, type PickleValue } from './pickle.js';
import { extentOf, isContiguous, TensorView, Unreadable } from './torch-world.js';

/** The keys under which training scripts keep the weights, beside optimiser, epoch and so on. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model'];

/** How many of them may be in one another. */
const MAX_DEPTH = 4;

/** Tensors may share storages, but a small file must not become a lot of memory… */
const MAX_SHARING = 4;
/** … nor a lot of reading: of a tensor with strides, all that it reaches over is read. */
const MAX_READING = 32;

/** The tensors of a state_dict, or of the one that a checkpoint holds, in its order. @throws what `invalidFile` makes */
export function stateDictIn(value: PickleValue, invalidFile: InvalidFile): [string, TensorView][] {
  const dict = unwrapped(value);
  if (dict === null) {
    throw invalidFile(`it holds no state_dict but ${nameOf(value)}. Save model.state_dict()`);
  }
  return [...dict].map(([name, tensor]) => {
    if (typeof name === 'string' && tensor instanceof TensorView) return [name, tensor];
    if (tensor instanceof Unreadable) throw invalidFile(`its tensor ${listed([name])} ${tensor.what}`);
    throw invalidFile(`its state_dict has something else than a tensor under ${listed([name])}`);
  });
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
const hasTensors = (dict: Dict): boolean => [...dict.values()].some(isTensor);

function nameOf(value: PickleValue): string {
  if (!(value instanceof Dict)) return 'something that is no dict';
  return value.size === 0 ? 'an empty dict' : `a dict of ${listed([...value.keys()])}`;
}

const listed = (keys: readonly PickleValue[]): string =>
  keys
    .slice(0, 5)
    .map((key) => (typeof key === 'string' ? JSON.stringify(key.slice(0, 100)) : typeof key))
    .join(', ');

/**
 * Where the tensors' bytes are in the file.
 * @param places position and number of bytes of each storage, by its key.
 * @throws what `invalidFile` makes
 */
export function locate(
  tensors: readonly [string, TensorView][],
  places: ReadonlyMap<string, { offset: number; bytes: number }>,
  file: OpenFile,
  invalidFile: InvalidFile,
): StoredTensor[] {
  const located: StoredTensor[] = [];
  let total = 0;
  let reading = 0;
  for (const [name, { storage, offset, shape, strides }] of tensors) {
    const { dtype } = storage;
    const size = DTYPE_BYTES[dtype];
    const place = places.get(storage.key);
    if (!place) throw invalidFile(`it lacks the storage ${JSON.stringify(storage.key.slice(0, 100))}`);
    if (storage.length * size > place.bytes) {
      throw invalidFile(
        `the storage of '${name}' has ${place.bytes} bytes, too few for ${storage.length} numbers`,
      );
    }
    const isPlain = isContiguous(shape, strides);
    const bytes = size * (isPlain ? numberOfElements(shape) : extentOf(shape, strides));
    total += numberOfElements(shape) * size;
    reading += bytes;
    if (total > MAX_SHARING * file.size || reading > MAX_READING * file.size) {
      throw invalidFile(
        'its tensors share their numbers so much that they take many times its size. Save copies',
      );
    }
    const span = { name, dtype, shape: [...shape], offset: place.offset + offset * size, fd: file.fd };
    located.push(isPlain ? { ...span, bytes } : { ...span, bytes, strides: [...strides] });
  }
  return located;
}
