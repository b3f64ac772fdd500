import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GoogLeNetError } from '../../core/errors.js';
import { fsPath } from '../../core/files/file-names.js';
import type { Dataset } from '../../data/dataset.js';
import type { OnDecodeError } from '../../data/decode-errors.js';
import { hasIdxImages } from '../../data/idx-dataset.js';
import { split } from '../../data/split.js';
import type { DataSource } from '../../run/run-description.js';
import { type FileOptions, openDataset } from '../dataset.js';

export interface DataFlags {
  /** A folder with `train/` and `val/`, `validation/` or `test/`, or with idx files. */
  data?: string;
  train?: string;
  validation?: string;
}

export interface Folders {
  train: string;
  validation: string | null;
}

/** In the order in which they are looked for: where a folder has both, the test images are kept for later. */
const VALIDATION_FOLDERS = ['val', 'validation', 'test'];

const isFolder = (path: string): Promise<boolean> =>
  stat(fsPath(path)).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Absolute paths; null where the flags name no training images. */
export async function findFolders({ data, train, validation }: DataFlags): Promise<Folders | null> {
  if (data === undefined) {
    if (train === undefined) return null;
    return { train: resolve(train), validation: validation === undefined ? null : resolve(validation) };
  }
  const root = resolve(data);
  if (!(await isFolder(root))) {
    throw new GoogLeNetError('FILE_NOT_FOUND', `Cannot read ${data}: there is no such folder.`);
  }
  if (await hasIdxImages(root, 'train')) {
    return { train: root, validation: (await hasIdxImages(root, 'test')) ? root : null };
  }
  if (!(await isFolder(join(root, 'train')))) {
    const fix = 'Name the folders of classes with --train DIR and --validation DIR';
    throw new GoogLeNetError('INVALID_DATASET', `${data} has no folder train/ and no idx files. ${fix}.`);
  }
  for (const name of VALIDATION_FOLDERS) {
    if (await isFolder(join(root, name))) {
      return { train: join(root, 'train'), validation: join(root, name) };
    }
  }
  return { train: join(root, 'train'), validation: null };
}

export interface Datasets {
  train: Dataset;
  validation: Dataset | null;
}

export interface DataSettings extends Omit<FileOptions, 'checkFormats'> {
  onDecodeError: OnDecodeError;
  seed: number;
  validationSplit: number | null;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` where there are validation images and a share to split off, too. */
export async function openFolders(
  folders: Folders,
  { seed, validationSplit, onDecodeError, maxPixels, autoOrient }: DataSettings,
  classes: readonly string[] | null,
): Promise<Datasets> {
  // What is skipped anyway is counted when it is met.
  const files = { maxPixels, autoOrient, checkFormats: onDecodeError === 'throw' };
  const train = await openDataset(folders.train, 'train', classes, files);
  if (folders.validation !== null) {
    if (validationSplit === null) {
      return { train, validation: await openDataset(folders.validation, 'test', classes, files) };
    }
    const message = `There are validation images in ${folders.validation}. Leave --validation-split out.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  if (validationSplit === null) return { train, validation: null };
  const [rest, validation] = split(train, { fraction: 1 - validationSplit, seed });
  return { train: rest, validation };
}

export const sourceOf = (folder: string, { length }: Dataset): DataSource => ({ folder, images: length });

/** Other images would silently make another run of it. @throws GoogLeNetError `INVALID_DATASET` */
export function assertSameImages(then: DataSource, now: Dataset, folder: string): void {
  if (then.images === now.length) return;
  const message = `The run began with ${then.images} images of ${then.folder}, and ${folder} has ${now.length}.`;
  throw new GoogLeNetError('INVALID_DATASET', `${message} Put them back, or start a new run.`);
}
