import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { fsPath } from '../core/files/file-names.js';
import { oneOf, readOptions, path as readPath } from '../core/validation.js';
import { type Idx, readIdx } from '../formats/idx.js';
import { ArrayDataset } from './array-dataset.js';
import { readClasses } from './class-names.js';
import type { Dataset, RawImage } from './dataset.js';

/** By label; the data set's own names. */
export const FASHION_MNIST_CLASSES: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

const DIGITS = Array.from('0123456789');
const PREFIXES = { train: 'train', test: 't10k' } as const;

export interface IdxOptions {
  split: 'train' | 'test';
  /** By label. Default '0' … '9'. */
  classes?: readonly string[];
}

/** Gray images of one size from the files that MNIST made known, `train-images-idx3-ubyte` and its three siblings. */
export class IdxDataset implements Dataset {
  readonly dir: string;
  readonly length: number;
  readonly classes: readonly string[];
  readonly #images: ArrayDataset;
  readonly #path: string;

  private constructor(dir: string, images: ArrayDataset, path: string) {
    this.dir = dir;
    this.length = images.length;
    this.classes = images.classes;
    this.#images = images;
    this.#path = path;
  }

  /**
   * Reads both files of a split, plain or with `.gz`, into memory: one byte a pixel.
   * @throws GoogLeNetError `INVALID_DATASET` for files that are malformed or do not fit together, `FILE_NOT_FOUND`, `FILE_ERROR`,
   * `INVALID_ARGUMENT`.
   */
  static async open(dir: string, options: IdxOptions): Promise<IdxDataset> {
    const read = readOptions('options', options, ['split', 'classes']);
    const prefix = PREFIXES[oneOf('split', read.split, ['train', 'test'])];
    const classes = read.classes === undefined ? DIGITS : readClasses(read.classes);
    const imagesPath = await findOrThrow(readPath('dir', dir), prefix, IMAGES);
    const labelsPath = await findOrThrow(dir, prefix, LABELS);
    const labels = await readIdx(labelsPath, 1);
    const pixels = await readIdx(imagesPath, 3);
    assertFitting(imagesPath, pixels, labelsPath, labels, classes);
    const { data, sizes: shape } = pixels;
    const images = new ArrayDataset({ images: { data, shape }, labels: labels.data, classes });
    return new IdxDataset(dir, images, imagesPath);
  }

  label(index: number): number {
    return this.#images.label(index);
  }

  /** Gray as RGB. */
  async image(index: number): Promise<RawImage> {
    return this.#images.image(index);
  }

  name(index: number): string {
    return `image ${index} of ${this.#path}`;
  }
}

const IMAGES = ['images', 'idx3-ubyte'] as const;
const LABELS = ['labels', 'idx1-ubyte'] as const;

/** Whether a folder holds the images of a split. */
export const hasIdxImages = (dir: string, split: IdxOptions['split']): Promise<boolean> =>
  find(dir, PREFIXES[split], IMAGES).then(
    (path) => path !== null,
    () => false,
  );

/**
 * The plain file before the compressed one. Kaggle's copies have a dot in place of the last dash, and unpack into folders of the files'
 * names.
 */
async function find(
  dir: string,
  prefix: string,
  [subject, kind]: readonly [string, string],
): Promise<string | null> {
  const [dashed, dotted] = [`${prefix}-${subject}-${kind}`, `${prefix}-${subject}.${kind}`];
  const names = [dashed, `${dashed}.gz`, dotted, `${dotted}.gz`, join(dashed, dashed), join(dotted, dotted)];
  let folder: string | null = null;
  for (const name of names) {
    const path = join(dir, name);
    try {
      // What is no file, nor a folder that may hold it, is refused by whoever opens it.
      if (!(await stat(fsPath(path))).isDirectory()) return path;
      folder = path;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw fromFileError(error, 'read', path);
    }
  }
  return folder;
}

async function findOrThrow(
  dir: string,
  prefix: string,
  [subject, kind]: readonly [string, string],
): Promise<string> {
  const path = await find(dir, prefix, [subject, kind]);
  if (path !== null) return path;
  const name = `${prefix}-${subject}-${kind}`;
  const message = `Cannot read ${join(dir, name)}: it does not exist, nor does ${name}.gz, nor ${prefix}-${subject}.${kind} as Kaggle has it.`;
  throw new GoogLeNetError('FILE_NOT_FOUND', message);
}

function assertFitting(
  imagesPath: string,
  { sizes }: Idx,
  labelsPath: string,
  { data: labels }: Idx,
  classes: readonly string[],
): void {
  const [count = 0, height = 0, width = 0] = sizes;
  const problem = (what: string) => new GoogLeNetError('INVALID_DATASET', what);
  if (count !== labels.length) {
    throw problem(`${imagesPath} has ${count} images, but ${labelsPath} has ${labels.length} labels.`);
  }
  if (count === 0) throw problem(`${imagesPath} has no images.`);
  if (height === 0 || width === 0)
    throw problem(`The images of ${imagesPath} have ${height} × ${width} pixels.`);
  const at = labels.findIndex((label) => label >= classes.length);
  if (at === -1) return;
  const fix = 'Name all classes with the option classes';
  throw problem(
    `Label ${at} of ${labelsPath} is ${labels[at]}, but there are ${classes.length} classes. ${fix}.`,
  );
}
