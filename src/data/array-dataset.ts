import { types } from 'node:util';
import { GoogLeNetError } from '../core/errors.js';
import {
  invalid,
  isUint8Array,
  itemsOf,
  numberOfElements,
  object,
  readOptions,
  shape as readShape,
} from '../core/validation.js';
import { readClasses } from './class-names.js';
import type { Dataset, RawImage } from './dataset.js';
import { checkLabel } from './samples.js';
import { checkPixels } from './transforms.js';

export interface ArrayDatasetOptions {
  /** RGB bytes `[n, height, width, 3]`, gray bytes `[n, height, width]`, or images of any sizes. Not copied. */
  images: { readonly data: Uint8Array; readonly shape: readonly number[] } | readonly RawImage[];
  /** One for each image. */
  labels: ArrayLike<number>;
  classes: readonly string[];
}

/** Labelled images in memory. */
export class ArrayDataset implements Dataset {
  readonly length: number;
  readonly classes: readonly string[];
  readonly #labels: Int32Array;
  readonly #image: (index: number) => RawImage;

  /** @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`, `INVALID_DTYPE`, `INVALID_LABEL` */
  constructor(options: ArrayDatasetOptions) {
    const { images, labels, classes } = readOptions('options', options, ['images', 'labels', 'classes']);
    this.classes = readClasses(classes);
    const { length, image } = Array.isArray(images) ? fromList(images) : fromArray(images);
    this.length = length;
    this.#image = image;
    this.#labels = readLabels(labels, length, this.classes);
  }

  label(index: number): number {
    return this.#labels[this.#checked(index)] as number;
  }

  async image(index: number): Promise<RawImage> {
    return this.#image(this.#checked(index));
  }

  #checked(index: number): number {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return index;
    throw invalid('index', `an integer in [0, ${this.length - 1}]`, index);
  }
}

interface Images {
  length: number;
  image(index: number): RawImage;
}

function fromList(list: readonly unknown[]): Images {
  const images = itemsOf(list).map((image, i) => checkPixels(`images[${i}]`, image as RawImage));
  return { length: images.length, image: (index) => images[index] as RawImage };
}

function fromArray(value: unknown): Images {
  const { data, shape } = object('images', value);
  if (!isUint8Array(data)) throw invalid('images.data', 'a Uint8Array', data, 'INVALID_DTYPE');
  const sizes = readShape('images.shape', shape);
  const [length = 0, height = 0, width = 0, channels = 1] = sizes;
  const isKnown = sizes.length === 3 || (sizes.length === 4 && channels === 3);
  if (!isKnown || height < 1 || width < 1)
    throw invalid('images.shape', '[n, height, width, 3] or [n, height, width]', shape, 'INVALID_SHAPE');
  if (data.length !== numberOfElements(sizes)) {
    const expected = `${numberOfElements(sizes)} for shape [${sizes}]`;
    throw invalid('images.data.length', expected, data.length, 'INVALID_SHAPE');
  }
  const size = height * width * channels;
  const image = (index: number) => {
    if (data.length !== length * size) {
      const message = 'The memory of the images was transferred or resized. Give ArrayDataset a copy of it.';
      throw new GoogLeNetError('INVALID_ARGUMENT', message);
    }
    const bytes = new Uint8Array(data.buffer, data.byteOffset + index * size, size);
    return { data: channels === 3 ? bytes : triple(bytes), height, width };
  };
  return { length, image };
}

/** Gray as RGB. On the JS thread: images that come as arrays are small. */
function triple(gray: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(gray.length * 3);
  for (let i = 0, at = 0; i < gray.length; i++) {
    const value = gray[i] as number;
    rgb[at++] = value;
    rgb[at++] = value;
    rgb[at++] = value;
  }
  return rgb;
}

function readLabels(value: unknown, length: number, classes: readonly string[]): Int32Array {
  if (!Array.isArray(value) && !types.isTypedArray(value))
    throw invalid('labels', 'an array of integers', value);
  const labels = value as ArrayLike<number>;
  if (labels.length !== length)
    throw invalid('labels.length', `${length}, one for each image`, labels.length, 'INVALID_SHAPE');
  return Int32Array.from(labels, (label, i) => checkLabel(`image ${i}`, label, classes));
}
