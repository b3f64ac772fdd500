/** Values with their sizes, row-major (PyTorch's contiguous layout). */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * A batch of images, in one of two layouts:
 * - `Float32Array` with shape `[n, 3, height, width]`: already normalized, used as it is;
 * - `Uint8Array` with shape `[n, height, width, 3]`: RGB bytes, scaled and normalized natively as torchvision does.
 */
export interface Images {
  readonly data: Float32Array | Uint8Array | Uint8ClampedArray;
  readonly shape: readonly number[];
}

/** Element types of stored tensors, by their safetensors names. */
export type DType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

export const DTYPE_BYTES: Readonly<Record<DType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A parameter or buffer of a module, or a stored tensor: what it is, not where. */
export interface TensorInfo {
  name: string;
  dtype: DType;
  shape: number[];
}

/** A tensor inside a run of bytes (a file or a buffer). */
export interface TensorSpan extends TensorInfo {
  offset: number;
  /** From the first value to the end of the last one. */
  bytes: number;
  /** Values from one index to the next in each dimension; without it they lie one after the other. */
  strides?: number[];
}
