/** Datasets on the command line: class folders, or idx files such as those of MNIST. */

import { GoogLeNetError } from '../core/errors.js';
import type { Dataset } from '../data/dataset.js';
import { FASHION_MNIST_CLASSES, hasIdxImages, IdxDataset } from '../data/idx-dataset.js';
import { ImageFolder, type ImageFolderOptions } from '../data/image-folder.js';

/** How files of images are read. */
export type FileOptions = Required<Omit<ImageFolderOptions, 'extensions'>>;

export type Split = 'train' | 'test';

/**
 * @param split which idx files to read; class folders have no splits.
 * @param classes names for idx files, which contain none.
 * @throws GoogLeNetError `INVALID_DATASET`, `FILE_NOT_FOUND`, `FILE_ERROR`
 */
export async function openDataset(
  dir: string,
  split: Split,
  classes: readonly string[] | null,
  { maxPixels, autoOrient, checkFormats }: FileOptions,
): Promise<Dataset> {
  if (!(await hasIdxImages(dir, split)))
    return ImageFolder.open(dir, { maxPixels, autoOrient, checkFormats });
  return IdxDataset.open(dir, { split, ...(classes && { classes }) });
}

/** `--classes`: the name of a known list, or names with commas between them. */
export function readClassNames(text: string): readonly string[] {
  if (text === 'fashion-mnist') return FASHION_MNIST_CLASSES;
  const names = text.split(',').map((name) => name.trim());
  if (names.length >= 2 && names.every((name) => name !== '') && new Set(names).size === names.length)
    return names;
  throw new GoogLeNetError(
    'INVALID_ARGUMENT',
    `Expected fashion-mnist or at least two different names such as cat,dog for --classes but received ${JSON.stringify(text)}.`,
  );
}
