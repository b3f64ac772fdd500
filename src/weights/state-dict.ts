/** A model's tensors as programs see them. */
import type { DType } from '../core/tensor.js';

export type TypedArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint16Array
  | Uint8Array;

/** A named tensor's values. F16 and BF16 are given as their bits in a `Uint16Array`, BOOL as bytes. */
export interface StateTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** Parameters and buffers by their PyTorch names, in PyTorch's order. */
export type StateDict = Record<string, StateTensor>;

/** How the names and shapes of a source differ from a model's. */
export interface Difference {
  missing: string[];
  unexpected: string[];
  /** `name: [shape in the model] ≠ [shape in the source]` */
  mismatched: string[];
}
