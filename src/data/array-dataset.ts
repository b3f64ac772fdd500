import { types } from 'node:util';
import { GoogLeNetError } from '../core/errors.js';
import {
  invalid,
  isUint8Array,
  itemsOf,
  numberOfElements,
  object,
  options,
  shape as readShape,
} from '../core/validation.js';
import { readClasses } from './class-names.js';
import type { Dataset, Picture } from './dataset.js';
import { checkLabel } from './samples.js';
import { checkPixels } from './transforms.js';

export interface ArrayDatasetOptions {
  /** RGB bytes `[n, height, width, 3]`, grey bytes `[n, height, width]`, or pictures of any sizes. Not copied. */
  images: { readonly data: Uint8Array; readonly shape: readonly number[] } | readonly Picture[];
  /** One for each picture. */
  labels: ArrayLike<number>;
  classes: readonly string[];
}

/** Labelled pictures in memory. */
export class ArrayDataset implements Dataset {
  readonly length: number;
  readonly classes: readonly string[];
  readonly #labels: Int32Array;
  readonly #picture: (index: number) => Picture;

  /** @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`, `INVALID_DTYPE`, `INVALID_LABEL` */
  constructor(given: ArrayDatasetOptions) {
    const { images, labels, classes } = options('options', given, ['images', 'labels', 'classes']);
    this.classes = readClasses(classes);
    const { length, picture } = Array.isArray(images) ? fromList(images) : fromArray(images);
    this.length = length;
    this.#picture = picture;
    this.#labels = readLabels(labels, length, this.classes);
  }

  label(index: number): number {
    return this.#labels[this.#checked(index)] as number;
  }

  async image(index: number): Promise<Picture> {
    return this.#picture(this.#checked(index));
  }

  #checked(index: number): number {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return index;
    throw invalid('index', `an integer in [0, ${this.length - 1}]`, index);
  }
}

interface Pictures {
  length: number;
  picture(index: number): Picture;
}

function fromList(list: readonly unknown[]): Pictures {
  const pictures = itemsOf(list).map((picture, i) => checkPixels(`images[${i}]`, picture as Picture));
  return { length: pictures.length, picture: (index) => pictures[index] as Picture };
}

function fromArray(given: unknown): Pictures {
  const { data, shape } = object('images', given);
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
  const picture = (index: number) => {
    if (data.length !== length * size) {
      const message = 'The memory of the images was transferred or resized. Give ArrayDataset a copy of it.';
      throw new GoogLeNetError('INVALID_ARGUMENT', message);
    }
    const bytes = new Uint8Array(data.buffer, data.byteOffset + index * size, size);
    return { data: channels === 3 ? bytes : triple(bytes), height, width };
  };
  return { length, picture };
}

/** Grey as RGB. On the JS thread: pictures that come as arrays are small. */
function triple(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0, at = 0; i < grey.length; i++) {
    const value = grey[i] as number;
    rgb[at++] = value;
    rgb[at++] = value;
    rgb[at++] = value;
  }
  return rgb;
}

function readLabels(given: unknown, length: number, classes: readonly string[]): Int32Array {
  if (!Array.isArray(given) && !types.isTypedArray(given))
    throw invalid('labels', 'an array of integers', given);
  const labels = given as ArrayLike<number>;
  if (labels.length !== length)
    throw invalid('labels.length', `${length}, one for each picture`, labels.length, 'INVALID_SHAPE');
  return Int32Array.from(labels, (label, i) => checkLabel(`picture ${i}`, label, classes));
}
