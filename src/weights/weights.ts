import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { writeFileAtomic } from '../core/files/atomic-file.js';
import { readFully } from '../core/files/read-fully.js';
import { allocate, copyInSlices } from '../core/staging-buffer.js';
import { DTYPE_BYTES, type DType } from '../core/tensor.js';
import { invalid, numberOfElements, object, shape as readShape } from '../core/validation.js';
import { seal, UNSEALED } from '../formats/checksum.js';
import { type ForeignTensor, type StoredTensor, unreadable } from '../formats/format.js';
import { shorten } from '../formats/quote.js';
import { MAX_HEADER_BYTES, type OpenSafetensors, planSafetensors } from '../formats/safetensors.js';
import type { TensorInfo, TensorSpan, TensorStore } from '../native/binding-types.js';
import { call } from '../native/call.js';
import type { Difference, StateDict, StateTensor, TypedArray } from './state-dict.js';

const ARRAYS: Record<DType, new (buffer: ArrayBuffer, offset: number, length: number) => TypedArray> = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

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

/** Tensors laid out one after the other in memory that only we hold, each at a multiple of 8 bytes. */
export function layOut(tensors: readonly TensorInfo[]): { spans: TensorSpan[]; bytes: number } {
  let offset = 0;
  const spans = tensors.map(({ name, dtype, shape }) => {
    const span = {
      name,
      dtype,
      shape: [...shape],
      offset,
      bytes: numberOfElements(shape) * DTYPE_BYTES[dtype],
    };
    offset += Math.ceil(span.bytes / 8) * 8;
    return span;
  });
  return { spans, bytes: offset };
}

export type CopyOut = (options: { buffer: Uint8Array; spans: TensorSpan[] }) => Promise<void>;

/** Copies tensors out of the addon as typed arrays, which share one ArrayBuffer. */
export async function readTensors(tensors: readonly TensorInfo[], copy: CopyOut): Promise<StateDict> {
  const { spans, bytes } = layOut(tensors);
  const buffer = allocate(bytes);
  await call(() => copy({ buffer, spans }));
  const entries = spans.map(({ name, dtype, shape, offset, bytes }) => {
    const data = new ARRAYS[dtype](buffer.buffer, offset, bytes / DTYPE_BYTES[dtype]);
    return [name, { dtype, shape, data }] as const;
  });
  return Object.fromEntries(entries);
}

function readStateTensor(name: string, value: unknown): StateTensor {
  const { dtype, shape, data } = object(`state['${name}']`, value);
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    throw invalid(`state['${name}'].dtype`, Object.keys(DTYPE_BYTES).join(', '), dtype, 'INVALID_DTYPE');
  }
  const sizes = readShape(`state['${name}'].shape`, shape);
  const expected = ARRAYS[dtype as DType].name;
  if (!ArrayBuffer.isView(data) || Object.prototype.toString.call(data) !== `[object ${expected}]`) {
    throw invalid(`state['${name}'].data`, `a ${expected}`, data, 'INVALID_DTYPE');
  }
  const array = data as TypedArray;
  if (array.length !== numberOfElements(sizes)) {
    throw invalid(
      `state['${name}'].data.length`,
      `${numberOfElements(sizes)} for shape [${sizes}]`,
      array.length,
      'INVALID_SHAPE',
    );
  }
  return { dtype: dtype as DType, shape: sizes, data: array };
}

export interface LoadOptions {
  /** Fail where names differ; false takes what fits and leaves the rest as it is. Default true. */
  strict: boolean;
}

export interface LoadFileOptions extends LoadOptions {
  /** Names that a source need not have, whatever `strict` says. */
  mayLack: (name: string) => boolean;
  /** What the file has and is not read: unexpected, and an error where the model has a tensor of that name. */
  foreign: readonly ForeignTensor[];
}

/**
 * Names of a source's tensors with one dimension that are scalars in the model: of those the first element is taken, as
 * `load_state_dict` does. PyTorch before 0.4 had no scalars.
 */
function vectorsForScalars(model: readonly TensorInfo[], source: readonly TensorInfo[]): Set<string> {
  const scalars = new Set(model.filter(({ shape }) => shape.length === 0).map(({ name }) => name));
  const found = source.filter(({ name, shape }) => scalars.has(name) && shape.length === 1 && shape[0] !== 0);
  return new Set(found.map(({ name }) => name));
}

export async function loadStateDict(
  store: TensorStore,
  state: unknown,
  { strict }: LoadOptions,
): Promise<Difference> {
  const read = Object.entries(object('state', state)).map(([name, value]) => ({
    name,
    ...readStateTensor(name, value),
  }));
  const vectors = vectorsForScalars(
    store.tensors(),
    read.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
  );
  const tensors = read.map((tensor) =>
    vectors.has(tensor.name) ? { ...tensor, shape: [], data: tensor.data.subarray(0, 1) } : tensor,
  );
  const infos = tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] }));
  const difference = compareTensors(store.tensors(), infos);
  assertMatch(difference, strict, 'the state dict');
  const used = tensors.filter(({ name }) => !difference.unexpected.includes(name));
  const { spans, bytes } = layOut(used.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })));
  const buffer = allocate(bytes);
  await copyInSlices(
    buffer,
    used.map(({ data }, i) => ({ source: data, offset: spans[i]?.offset ?? 0 })),
  );
  await call(() => store.restore({ parts: [{ source: { buffer }, spans }] }));
  return difference;
}

/** As many reads at a time as libuv has threads by default: most of their time goes into fresh memory. */
const READERS = 4;

/** Reads tensors of an open file as typed arrays, which share one ArrayBuffer. */
export function readStored(
  { fd, path, signal }: OpenSafetensors,
  tensors: readonly TensorSpan[],
): Promise<StateDict> {
  const places = new Map(tensors.map(({ name, offset }) => [name, offset]));
  return readTensors(tensors, async ({ buffer, spans }) => {
    const queue = spans.values();
    const readSome = async () => {
      for (const { name, offset, bytes } of queue) {
        throwIfAborted(signal, `Reading ${path}`);
        const read = await readFully(fd, buffer.subarray(offset, offset + bytes), places.get(name) ?? 0);
        if (!read) throw new GoogLeNetError('INVALID_WEIGHTS', `${path} was cut short while being read.`);
      }
    };
    // All end before the file is closed, those too that go on after another one failed.
    const ends = await Promise.allSettled(Array.from({ length: READERS }, readSome));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  });
}

function firstOf({ strides: _, ...tensor }: StoredTensor): StoredTensor {
  return { ...tensor, shape: [], bytes: DTYPE_BYTES[tensor.dtype] };
}

/** @param stored the tensors of the file that are meant for `store`, under its names. */
export async function loadFile(
  store: TensorStore,
  path: string,
  stored: readonly StoredTensor[],
  { strict, mayLack, foreign }: LoadFileOptions,
): Promise<Difference> {
  const own = store.tensors();
  const vectors = vectorsForScalars(own, stored);
  const tensors = stored.map((tensor) => (vectors.has(tensor.name) ? firstOf(tensor) : tensor));
  const names = new Set(own.map(({ name }) => name));
  const wanted = foreign.find(({ name }) => names.has(name));
  if (wanted) throw unreadable(path, wanted);
  const difference = compareTensors(own, tensors);
  difference.unexpected.push(...foreign.map(({ name }) => name));
  const missing = difference.missing.filter((name) => !mayLack(name));
  assertMatch({ ...difference, missing }, strict, path);
  const unexpected = new Set(difference.unexpected);
  const used = tensors.filter(({ name }) => !unexpected.has(name));
  const files = new Map<number, StoredTensor[]>();
  for (const tensor of used) {
    const others = files.get(tensor.fd);
    if (others) others.push(tensor);
    else files.set(tensor.fd, [tensor]);
  }
  const parts = [...files].map(([fd, spans]) => ({ source: { fd, path }, spans }));
  await call(() => store.restore({ parts }));
  return difference;
}

/** One group of tensors of a file to be written, its names behind a prefix. */
export interface StoredGroup {
  prefix: string;
  tensors: readonly TensorInfo[];
  copy: CopyOut;
}

/** Tensors that are typed arrays already; they must not change until the file is written. */
export function storedGroup(prefix: string, state: StateDict): StoredGroup {
  const tensors = Object.entries(state).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape: [...shape],
  }));
  const copy: CopyOut = ({ buffer, spans }) =>
    copyInSlices(
      buffer,
      spans.flatMap(({ name, offset }) => {
        const source = state[name]?.data;
        return source ? [{ source, offset }] : [];
      }),
    );
  return { prefix, tensors, copy };
}

/**
 * Writes groups of tensors, each a consistent snapshot, into one safetensors file with a checksum: all of it or, after a failure,
 * nothing.
 * @param metadata what the file says beside its tensors, for which the header has that many bytes left.
 */
export async function saveFile(
  path: string,
  groups: readonly StoredGroup[],
  metadata: (room: number) => Promise<Record<string, string>>,
): Promise<void> {
  const named = groups.flatMap(({ prefix, tensors }) =>
    tensors.map((info) => ({ ...info, name: prefix + info.name })),
  );
  const { header: table, spans, dataBytes } = planSafetensors(named, UNSEALED);
  const buffer = allocate(dataBytes);
  const copies = groups.map(({ prefix, tensors, copy }) => {
    const own = new Set(tensors.map(({ name }) => prefix + name));
    const mine = spans.filter(({ name }) => own.has(name));
    return { copy, spans: mine.map((span) => ({ ...span, name: span.name.slice(prefix.length) })) };
  });
  // Asked for in one turn, so that no training step comes between them.
  const [description] = await Promise.all([
    metadata(MAX_HEADER_BYTES - table.length),
    ...copies.map(({ copy, spans }) => call(() => copy({ buffer, spans }))),
  ]);
  const { header } = planSafetensors(named, { ...UNSEALED, ...description });
  await seal(header, buffer);
  await writeFileAtomic(path, [header, buffer]);
}
