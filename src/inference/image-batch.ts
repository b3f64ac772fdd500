import { GoogLeNetError } from '../core/errors.js';
import {
  integer,
  invalid,
  isFloat32Array,
  isUint8Array,
  numberOfElements,
  object,
  shape as readShape,
} from '../core/validation.js';
import { IMAGENET_MEAN, IMAGENET_STD } from '../data/transforms.js';
import type { NativeImages } from '../native/binding-types.js';
import { assertInputSize, type InputSizes } from './input-size.js';

export interface ImageBatch {
  /** As the addon takes it. */
  batch: NativeImages;
  /** What the batch takes of the limit of a queue. */
  size: { images: number; bytes: number };
}

/** Checks a batch of images. @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_DTYPE`, `INVALID_SHAPE` */
export function readImages(value: unknown, inputSizes: InputSizes): ImageBatch {
  const { data, shape } = object('images', value);
  const isBytes = isUint8Array(data);
  if (!isBytes && !isFloat32Array(data)) {
    throw invalid('images.data', 'a Float32Array or a Uint8Array', data, 'INVALID_DTYPE');
  }
  const sizes = readShape('images.shape', shape);
  const layout = isBytes ? '[n, height, width, 3]' : '[n, 3, height, width]';
  const [count = 0, height = 0, width = 0, channels = 0] = isBytes
    ? sizes
    : [sizes[0], sizes[2], sizes[3], sizes[1]];
  if (sizes.length !== 4 || channels !== 3 || count < 1) {
    throw invalid(
      'images.shape',
      `${layout} with n ≥ 1 for a ${isBytes ? 'Uint8Array' : 'Float32Array'}`,
      shape,
      'INVALID_SHAPE',
    );
  }
  assertInputSize(height, width, inputSizes);
  const elements = numberOfElements(sizes);
  if (data.length !== elements) {
    throw invalid('images.data.length', `${elements} for shape [${sizes}]`, data.length, 'INVALID_SHAPE');
  }
  // The array's byteLength may be replaced by a subclass of the caller's, so the limit of the queue does not depend on it.
  const bytes = elements * (isBytes ? 1 : 4);
  return {
    batch: { images: data, shape: sizes, mean: IMAGENET_MEAN, std: IMAGENET_STD },
    size: { images: count, bytes },
  };
}

/** Class labels as the addon takes them. */
export function readLabels(value: unknown, count: number, numClasses: number): Int32Array {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value))
    throw invalid('labels', 'an Int32Array or an array of integers', value);
  const labels = value as ArrayLike<number | bigint>;
  if (labels.length !== count)
    throw invalid('labels.length', `${count}, one for each image`, labels.length, 'INVALID_SHAPE');
  return Int32Array.from(labels, (label, i) => {
    const index = typeof label === 'bigint' ? Number(label) : label;
    if (!Number.isSafeInteger(index)) integer(`labels[${i}]`, label, 0);
    if (index < 0 || index >= numClasses) {
      throw new GoogLeNetError(
        'INVALID_LABEL',
        `Label ${label} at index ${i} is outside [0, ${numClasses}).`,
      );
    }
    return index;
  });
}
