/** Where tensors lie in memory that is copied out of a model, and the typed arrays that programs see. */
import { allocate } from '../core/staging-buffer.js';
import { DTYPE_BYTES, type DType, type TensorInfo, type TensorSpan } from '../core/tensor.js';
import { numberOfElements } from '../core/validation.js';
import { call } from '../native/call.js';
import type { StateDict, TypedArray } from './state-dict.js';

export const ARRAYS: Record<DType, new (buffer: ArrayBuffer, offset: number, length: number) => TypedArray> =
  {
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
