/**
 * The few things of PyTorch that a pickled state_dict refers to, as descriptions of where values lie. Sources: torch/_utils.py,
 * torch/serialization.py.
 */
import type { DType } from '../../core/tensor.js';
import { numberOfElements } from '../../core/validation.js';
import type { InvalidFile } from '../invalid-file.js';
import {
  type CountCopies,
  Dict,
  PickleFunction,
  type PickleGlobals,
  type PickleValue,
  Tuple,
} from './pickle-values.js';

/** A run of values of one type, which several tensors may share. */
export interface Storage {
  readonly key: string;
  readonly dtype: DType;
  /** How many values are stored under the key. */
  readonly length: number;
}

/** A tensor: which values of a storage it has. Offset and strides count values. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** What may stand next to a state_dict, and what is no tensor that can be read: an error only where a weight is expected. */
export class Unreadable {
  constructor(readonly what: string) {}
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

/** Types of values that no network here has. */
const FOREIGN_STORAGES = [
  ...['ComplexFloat', 'ComplexDouble', 'QInt8', 'QUInt8', 'QInt32', 'QUInt4x2', 'QUInt2x4'].map(
    (name) => `torch.${name}Storage`,
  ),
  'torch.storage.UntypedStorage',
  'torch.UntypedStorage',
];

const DTYPES = [
  ...['float16', 'float32', 'float64', 'bfloat16', 'complex32', 'complex64', 'complex128', 'bool'],
  ...['uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64'],
  ...['float8_e4m3fn', 'float8_e4m3fnuz', 'float8_e5m2', 'float8_e5m2fnuz'],
];

/** Functions of Python and PyTorch that run nothing of a file's, by what they make. */
const INERT: Readonly<Record<string, string>> = {
  'torch.device': 'is a device',
  'torch.serialization._get_layout': 'is a layout',
  '_codecs.encode': 'is bytes',
  '__builtin__.set': 'is a set',
  'builtins.set': 'is a set',
  '__builtin__.complex': 'is a complex number',
  'builtins.complex': 'is a complex number',
  'torch._utils._rebuild_sparse_tensor': 'is sparse',
  'torch._utils._rebuild_meta_tensor_no_storage': 'has no values, as it was on the device meta',
  'torch._utils._rebuild_qtensor': 'is quantized',
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

/** The name of a storage class; only persistent ids use it. Null for values that cannot be read. */
class StorageType {
  constructor(readonly dtype: DType | null) {}
}

export class TorchGlobals implements PickleGlobals {
  readonly #globals: ReadonlyMap<string, object>;

  constructor(protected readonly invalidFile: InvalidFile) {
    const rebuild = new PickleFunction((args) => this.#rebuildTensor(args));
    this.#globals = new Map<string, object>([
      ['collections.OrderedDict', new PickleFunction(([pairs], count) => this.#orderedDict(pairs, count))],
      ['torch._utils._rebuild_tensor', rebuild],
      ['torch._utils._rebuild_tensor_v2', rebuild],
      ['torch._utils._rebuild_tensor_v3', new PickleFunction(() => FOREIGN)],
      ['torch._utils._rebuild_parameter', new PickleFunction(([data]) => this.#tensor(data))],
      ['torch._utils._rebuild_parameter_with_state', new PickleFunction(([data]) => this.#tensor(data))],
      ['torch._tensor._rebuild_from_type_v2', this.#fromType],
      [
        'collections.Counter',
        new PickleFunction(([counts]) => (counts instanceof Dict ? counts : new Dict())),
      ],
      ...Object.entries(INERT).map(
        ([name, what]) => [name, new PickleFunction(() => new Unreadable(what))] as const,
      ),
      ...DTYPES.map((name) => [`torch.${name}`, new Unreadable('is a dtype')] as const),
      ...FOREIGN_STORAGES.map((name) => [name, new StorageType(null)] as const),
      ['torch.Size', new PickleFunction(([sizes]) => this.#tuple(sizes))],
      ...Object.entries(STORAGES).map(([name, dtype]) => [`torch.${name}`, new StorageType(dtype)] as const),
    ]);
  }

  findClass(name: string): object | undefined {
    return this.#globals.get(name);
  }

  /** ('storage', type, key, device, length), in old files with a sixth: None or (key, offset, length) of a slice. */
  persistentLoad(id: PickleValue): PickleValue {
    const [tag, type, key, , length, slice = null] = this.#tuple(id).items;
    if (tag !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string') {
      throw this.invalidFile('its pickle refers to something that is no storage');
    }
    if (type.dtype === null) return this.foreignStorage();
    const root = { key, dtype: type.dtype, length: this.#count(length) };
    this.storage(root);
    if (slice === null) return new StorageView(root, 0, root.length);
    const [, offset, part] = this.#tuple(slice).items;
    const view = new StorageView(root, this.#count(offset), this.#count(part));
    if (view.offset + view.length > root.length)
      throw this.invalidFile('a slice of a storage lies outside of it');
    return view;
  }

  /** Told of every storage that the pickle refers to. */
  protected storage(_storage: Storage): void {}

  /** A storage of values that cannot be read. */
  protected foreignStorage(): Unreadable {
    return FOREIGN;
  }

  /** (storage, offset, shape, strides, requires_grad, hooks, metadata) */
  #rebuildTensor(args: readonly PickleValue[]): TensorView | Unreadable {
    const [view, offset, sizes, steps, , , metadata = null] = args;
    if (view instanceof Unreadable) return view;
    if (metadata instanceof Dict ? metadata.size > 0 : metadata !== null) return NEGATED;
    if (!(view instanceof StorageView)) throw this.invalidFile('a tensor of its pickle has no storage');
    const first = this.#count(offset);
    const { items: sizeItems } = this.#tuple(sizes);
    const { items: strideItems } = this.#tuple(steps);
    if (sizeItems.length !== strideItems.length || sizeItems.length > MAX_DIMENSIONS) {
      throw this.invalidFile(
        `a tensor of its pickle has ${sizeItems.length} sizes and ${strideItems.length} strides`,
      );
    }
    // As they are and without a copy: thousands of tensors can have the same ones.
    const shape = this.#counts(sizeItems);
    const strides = this.#counts(strideItems);
    const extent = extentOf(shape, strides);
    if (first + extent > view.length) {
      throw this.invalidFile(
        `a tensor of shape ${showShape(shape)} reaches beyond its storage of ${view.length} values`,
      );
    }
    // Otherwise a few bytes could become any amount of memory.
    if (numberOfElements(shape) > extent) return REPEATED;
    return new TensorView(view.root, view.offset + first, shape, strides);
  }

  #orderedDict(pairs: PickleValue = [], count: CountCopies): Dict {
    if (!Array.isArray(pairs))
      throw this.invalidFile('an OrderedDict of its pickle is made from what is no list');
    count(2 * pairs.length);
    const dict = new Dict();
    for (const pair of pairs) {
      const items = pair instanceof Tuple ? pair.items : pair;
      if (!Array.isArray(items) || items.length !== 2) {
        throw this.invalidFile('an OrderedDict of its pickle is made from what are no pairs');
      }
      dict.set(items[0] as PickleValue, items[1] as PickleValue);
    }
    return dict;
  }

  /**
   * (function, class, its arguments, state): a tensor that a program gave attributes. Not one inside another: PyTorch writes none, and
   * of an untrusted file they could be any number deep.
   */
  readonly #fromType: PickleFunction = new PickleFunction(([rebuild, , args], count) => {
    if (rebuild instanceof PickleFunction && rebuild !== this.#fromType && args instanceof Tuple)
      return rebuild.call(args.items, count);
    throw this.invalidFile('a tensor of its pickle is made by what makes no tensor');
  });

  #tensor(value: PickleValue | undefined): TensorView | Unreadable {
    if (value instanceof TensorView || value instanceof Unreadable) return value;
    throw this.invalidFile('a parameter of its pickle is no tensor');
  }

  #tuple(value: PickleValue | undefined): Tuple {
    if (value instanceof Tuple) return value;
    throw this.invalidFile('its pickle has something else where a tuple belongs');
  }

  #counts(values: readonly PickleValue[]): readonly number[] {
    for (const value of values) this.#count(value);
    return values as readonly number[];
  }

  #count(value: PickleValue | undefined): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.invalidFile('its pickle has something else where a size belongs');
  }
}

const FOREIGN = new Unreadable('has values of a type that no model here has');
const REPEATED = new Unreadable('repeats its values, as expand() does. Save a copy of it');
const NEGATED = new Unreadable('is a negated or conjugated view. Save a copy of it (resolve_neg())');

/** Short, whatever it is. */
const showShape = (shape: readonly number[]): string =>
  `[${shape.slice(0, 8)}${shape.length > 8 ? ', …' : ''}]`;

/** How many values of memory a tensor spans, from its first to its last. */
export function extentOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((extent, size, i) => extent + (size - 1) * (strides[i] ?? 0), 1);
}

/** Whether a tensor's values lie one after the other in the order of its indices. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i] ?? 0;
    if (size !== 1 && strides[i] !== expected) return shape.includes(0);
    expected *= size;
  }
  return true;
}
