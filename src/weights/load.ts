/** Tensors from programs and from files into a model. */
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { readFully } from '../core/files/read-fully.js';
import { allocate, copyInSlices } from '../core/staging-buffer.js';
import { DTYPE_BYTES, type DType } from '../core/tensor.js';
import { invalid, numberOfElements, object, shape as readShape } from '../core/validation.js';
import { type ForeignTensor, type StoredTensor, unreadable } from '../formats/format.js';
import type { WeightsFile } from '../formats/weights-file.js';
import type { TensorStore } from '../native/binding-types.js';
import { call } from '../native/call.js';
import { assertMatch, compareTensors, vectorsForScalars } from './compare.js';
import { ARRAYS, layOut, readTensors } from './layout.js';
import type { Difference, StateDict, StateTensor, TypedArray } from './state-dict.js';

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
  { path, signal }: Pick<WeightsFile, 'path' | 'signal'>,
  tensors: readonly StoredTensor[],
): Promise<StateDict> {
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return readTensors(tensors, async ({ buffer, spans }) => {
    const queue = spans.values();
    const readSome = async () => {
      for (const { name, offset, bytes } of queue) {
        throwIfAborted(signal, `Reading ${path}`);
        const tensor = stored.get(name) as StoredTensor;
        if (!(await readFully(tensor.fd, buffer.subarray(offset, offset + bytes), tensor.offset)))
          throw new GoogLeNetError('INVALID_WEIGHTS', `${path} was cut short while being read.`);
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
