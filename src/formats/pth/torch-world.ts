/**
 * The few things of PyTorch that a pickled state_dict refers to, as descriptions of where numbers lie. Sources: torch/_utils.py,
 * torch/serialization.py.
 */
import type { DType } from '../../tensor.js';
import type { InvalidFile } from '../invalid-file.js';
import { Dict, PickleFunction, type PickleValue, type PickleWorld, Tuple } from './pickle.js';

/** A run of numbers of one type, which several tensors may share. */
export interface Storage {
  readonly key: string;
  readonly dtype: DType;
  /** How many numbers are stored under the key. */
  readonly length: number;
}

/** A tensor: which numbers of a storage it has. Offset and strides count numbers. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

export const STORAGES: Readonly<Record<string, DType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** As many as PyTorch's own operations take. */
const MAX_DIMENSIONS = 64;

/** Part of a storage, as old files have it for storages that were slices of others. */
class StorageView {
  constructor(
    readonly root: Storage,
    readonly offset: number,
    readonly length: number,
  ) {}
}

/** The name of a storage class; only persistent ids use it. */
class StorageType {
  constructor(readonly dtype: DType) {}
}

export class TorchWorld implements PickleWorld {
  readonly #invalid: InvalidFile;
  readonly #globals: ReadonlyMap<string, object>;

  constructor(invalidFile: InvalidFile) {
    this.#invalid = invalidFile;
    const rebuild = new PickleFunction((args) => this.#rebuildTensor(args));
    this.#globals = new Map<string, object>([
      ['collections.OrderedDict', new PickleFunction(([pairs]) => this.#orderedDict(pairs))],
      ['torch._utils._rebuild_tensor', rebuild],
      ['torch._utils._rebuild_tensor_v2', rebuild],
      ['torch._utils._rebuild_parameter', new PickleFunction(([data]) => this.#tensor(data))],
      ['torch.Size', new PickleFunction(([sizes]) => this.#tuple(sizes))],
      ...Object.entries(STORAGES).map(([name, dtype]) => [`torch.${name}`, new StorageType(dtype)] as const),
    ]);
  }

  global(name: string): object | undefined {
    return this.#globals.get(name);
  }

  /** ('storage', type, key, device, length), in old files with a sixth: None or (key, offset, length) of a slice. */
  persistent(id: PickleValue): PickleValue {
    const [tag, type, key, , length, slice = null] = this.#tuple(id).items;
    if (tag !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string') {
      throw this.#invalid('its pickle refers to something that is no storage');
    }
    const root = { key, dtype: type.dtype, length: this.#count(length) };
    this.storage(root);
    if (slice === null) return new StorageView(root, 0, root.length);
    const [, offset, part] = this.#tuple(slice).items;
    const view = new StorageView(root, this.#count(offset), this.#count(part));
    if (view.offset + view.length > root.length)
      throw this.#invalid('a slice of a storage lies outside of it');
    return view;
  }

  /** Told of every storage that the pickle refers to. */
  protected storage(_storage: Storage): void {}

  /** (storage, offset, shape, strides, …) */
  #rebuildTensor([view, offset, sizes, steps]: readonly PickleValue[]): TensorView {
    if (!(view instanceof StorageView)) throw this.#invalid('a tensor of its pickle has no storage');
    const first = this.#count(offset);
    const shape = this.#tuple(sizes).items.map((size) => this.#count(size));
    const strides = this.#tuple(steps).items.map((stride) => this.#count(stride));
    if (shape.length !== strides.length || shape.length > MAX_DIMENSIONS) {
      throw this.#invalid(`a tensor of its pickle has ${shape.length} sizes and ${strides.length} strides`);
    }
    const extent = extentOf(shape, strides);
    if (first + extent > view.length) {
      throw this.#invalid(
        `a tensor of shape [${shape}] reaches beyond its storage of ${view.length} numbers`,
      );
    }
    // Otherwise a few bytes could become any amount of memory.
    if (elementsOf(shape) > extent) {
      throw this.#invalid(
        `a tensor of shape [${shape}] repeats its numbers, as expand() does. Save a copy of it`,
      );
    }
    return new TensorView(view.root, view.offset + first, shape, strides);
  }

  #orderedDict(pairs: PickleValue = []): Dict {
    if (!Array.isArray(pairs))
      throw this.#invalid('an OrderedDict of its pickle is made from what is no list');
    const dict = new Dict();
    for (const pair of pairs) {
      const [key, value] = pair instanceof Tuple ? pair.items : (pair as PickleValue[]);
      dict.set(key as PickleValue, value as PickleValue);
    }
    return dict;
  }

  #tensor(value: PickleValue | undefined): TensorView {
    if (value instanceof TensorView) return value;
    throw this.#invalid('a parameter of its pickle is no tensor');
  }

  #tuple(value: PickleValue | undefined): Tuple {
    if (value instanceof Tuple) return value;
    throw this.#invalid('its pickle has something else where a tuple belongs');
  }

  #count(value: PickleValue | undefined): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.#invalid('its pickle has something else where a size belongs');
  }
}

/** Zero also where the other sizes are beyond all numbers. */
export const elementsOf = (shape: readonly number[]): number =>
  shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);

/** How many numbers of memory a tensor reaches over, from its first to its last. */
export function extentOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((extent, size, i) => extent + (size - 1) * (strides[i] ?? 0), 1);
}

/** Whether a tensor's numbers lie one after the other in the order of its indices. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i] ?? 0;
    if (size !== 1 && strides[i] !== expected) return shape.includes(0);
    expected *= size;
  }
  return true;
}
