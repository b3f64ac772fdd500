/** Comparing tensors by their bits, with a safetensors reader of its own: the oracle must not rest on the code under test. */
import { readFileSync } from 'node:fs';

export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;

export interface NamedTensor {
  readonly data: ArrayBufferView;
  readonly shape: readonly number[];
}
export type NamedTensors = Readonly<Record<string, NamedTensor>>;

export interface ReferenceTensor extends NamedTensor {
  readonly data: TensorData;
}
export type ReferenceTensors = Readonly<Record<string, ReferenceTensor>>;

const READERS: Record<string, (bytes: ArrayBuffer) => TensorData> = {
  F32: (bytes) => new Float32Array(bytes),
  F64: (bytes) => new Float64Array(bytes),
  I64: (bytes) => new BigInt64Array(bytes),
  I32: (bytes) => new Int32Array(bytes),
  U8: (bytes) => new Uint8Array(bytes),
};

/** Tensors of a safetensors file that the reference wrote, each in memory of its own. */
export function readReference(path: string): ReferenceTensors {
  const file = readFileSync(path);
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors: Record<string, ReferenceTensor> = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    const read = READERS[dtype];
    if (read === undefined) throw new Error(`${path}: no reader for ${dtype} of ${name}`);
    const [begin, end] = data_offsets.map((offset) => file.byteOffset + 8 + headerLength + offset);
    tensors[name] = { data: read(file.buffer.slice(begin, end)), shape };
  }
  return tensors;
}

/** The tensors whose names start with `prefix.`, without it. */
export function under(prefix: string, tensors: ReferenceTensors): ReferenceTensors {
  const start = `${prefix}.`;
  const entries = Object.entries(tensors).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(entries.map(([name, tensor]) => [name.slice(start.length), tensor]));
}

export function tensorNamed(name: string, tensors: ReferenceTensors): ReferenceTensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`No tensor ${name} among ${Object.keys(tensors).join(', ')}`);
  return tensor;
}

export function float32(name: string, tensors: ReferenceTensors): { data: Float32Array; shape: number[] } {
  const { data, shape } = tensorNamed(name, tensors);
  if (Object.prototype.toString.call(data) !== '[object Float32Array]')
    throw new Error(`${name} is not float32`);
  return { data: data as Float32Array, shape: [...shape] };
}

export interface Comparison {
  tensors: number;
  values: number;
  differing: number;
  /** Largest distance in units in the last place; Infinity between a NaN and anything else, or for integers that differ. */
  maxUlp: number;
  /** Where that was: empty when nothing differs. */
  worst: string;
}

const kind = (data: ArrayBufferView): string => Object.prototype.toString.call(data).slice(8, -1);

/** Bit patterns of floats, put in the order of the numbers they stand for: neighbours differ by one, −0 equals +0. */
const ordered32 = (bits: number): number => (bits >>> 31 === 1 ? -(bits & 0x7fffffff) : bits);
const ordered64 = (bits: bigint): bigint => (bits >> 63n === 1n ? -(bits & 0x7fffffffffffffffn) : bits);

function floatDistance(ours: number, theirs: number, steps: number): number {
  return Number.isNaN(ours) || Number.isNaN(theirs) ? Infinity : Math.max(steps, 1);
}

/** Distances of the values whose bits differ. */
function* differences(
  ours: ArrayBufferView,
  theirs: ArrayBufferView,
): Generator<{ at: number; ulp: number }> {
  if (kind(ours) === 'Float32Array') {
    const a = new Uint32Array(ours.buffer, ours.byteOffset, ours.byteLength / 4);
    const b = new Uint32Array(theirs.buffer, theirs.byteOffset, theirs.byteLength / 4);
    const [x, y] = [ours as Float32Array, theirs as Float32Array];
    for (let at = 0; at < a.length; at++) {
      const [p, q] = [a[at] ?? 0, b[at] ?? 0];
      if (p === q) continue;
      yield { at, ulp: floatDistance(x[at] ?? 0, y[at] ?? 0, Math.abs(ordered32(p) - ordered32(q))) };
    }
  } else if (kind(ours) === 'Float64Array') {
    const a = new BigUint64Array(ours.buffer, ours.byteOffset, ours.byteLength / 8);
    const b = new BigUint64Array(theirs.buffer, theirs.byteOffset, theirs.byteLength / 8);
    const [x, y] = [ours as Float64Array, theirs as Float64Array];
    for (let at = 0; at < a.length; at++) {
      const [p, q] = [a[at] ?? 0n, b[at] ?? 0n];
      if (p === q) continue;
      yield { at, ulp: floatDistance(x[at] ?? 0, y[at] ?? 0, Math.abs(Number(ordered64(p) - ordered64(q)))) };
    }
  } else {
    const a = new Uint8Array(ours.buffer, ours.byteOffset, ours.byteLength);
    const b = new Uint8Array(theirs.buffer, theirs.byteOffset, theirs.byteLength);
    for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) yield { at, ulp: Infinity };
  }
}

const length = (tensor: NamedTensor): number => tensor.shape.reduce((n, size) => n * size, 1);

/** Compares tensors by name. Names, shapes and element types must agree: those throw, with what is wrong. */
export function compareBits(ours: NamedTensors, theirs: NamedTensors): Comparison {
  const names = Object.keys(theirs);
  const absent = names.filter((name) => ours[name] === undefined);
  const extra = Object.keys(ours).filter((name) => theirs[name] === undefined);
  if (absent.length > 0 || extra.length > 0) {
    throw new Error(
      `Names differ. Missing in ours: [${absent.join(', ')}]; only in ours: [${extra.join(', ')}]`,
    );
  }
  const result: Comparison = { tensors: names.length, values: 0, differing: 0, maxUlp: 0, worst: '' };
  for (const name of names) {
    const [mine, other] = [ours[name], theirs[name]];
    if (mine === undefined || other === undefined) continue;
    const described = [mine, other].map(
      (t) => `${kind(t.data)}[${t.shape.join(', ')}] of ${t.data.byteLength} bytes`,
    );
    if (described[0] !== described[1])
      throw new Error(`${name}: ours is ${described[0]}, theirs ${described[1]}`);
    result.values += length(mine);
    for (const { at, ulp } of differences(mine.data, other.data)) {
      result.differing += 1;
      if (ulp > result.maxUlp) Object.assign(result, { maxUlp: ulp, worst: `${name}[${at}]` });
    }
  }
  return result;
}
