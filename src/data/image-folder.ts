import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCodePoints } from '../code-points.js';
import { fromFileError, GoogLeNetError } from '../errors.js';
import { invalid, options, path as readPath } from '../validate.js';
import type { Dataset, Picture } from './dataset.js';
import { decodeImage, readImageFile } from './decode.js';
import { DECODE_OPTIONS, type DecodeOptions, type Decoding, readDecoding } from './decode-options.js';

/** torchvision's list. sharp cannot decode the BMP and PPM families: such a file is an error when it is read, never left out. */
const EXTENSIONS = ['.jpg', '.jpeg', '.png', '.ppm', '.bmp', '.pgm', '.tif', '.tiff', '.webp'];

export interface Sample {
  readonly path: string;
  readonly label: number;
}

export interface ImageFolderOptions extends DecodeOptions {
  /** What the names of pictures end in, in any case; other files are left out. */
  extensions?: readonly string[];
}

/**
 * A folder with one subfolder for each class: `dir/<class>/…/<picture>`. Classes and pictures are in the order of torchvision's
 * `ImageFolder` (names sorted by code point, subfolders and links followed), so labels and indices equal Python's.
 */
export class ImageFolder implements Dataset {
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  readonly decoding: Decoding;

  private constructor(classes: readonly string[], samples: readonly Sample[], decoding: Decoding) {
    this.classes = classes;
    this.samples = samples;
    this.decoding = decoding;
  }

  /**
   * Lists the pictures; none is opened yet.
   * @throws GoogLeNetError `INVALID_DATASET` naming what has no pictures, `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_ARGUMENT`.
   */
  static async open(dir: string, given: ImageFolderOptions = {}): Promise<ImageFolder> {
    const read = options('options', given, ['extensions', ...DECODE_OPTIONS]);
    const extensions = readExtensions(read.extensions);
    const decoding = readDecoding(read);
    const root = await list(readPath('dir', dir), []);
    const classes = root.folders.sort(compareCodePoints);
    if (classes.length === 0) {
      const layout = `Expected ${join(dir, '<class>', '<picture>.png')}`;
      throw new GoogLeNetError('INVALID_DATASET', `${dir} has no class folders. ${layout}.`);
    }
    const samples: Sample[] = [];
    const empty: string[] = [];
    for (const [label, name] of classes.entries()) {
      const files = await picturesUnder(join(dir, name), extensions, [root.id]);
      if (files.length === 0) empty.push(name);
      for (const path of files) samples.push({ path, label });
    }
    if (empty.length > 0) throw noPictures(dir, empty, extensions);
    return new ImageFolder(classes, samples, decoding);
  }

  get length(): number {
    return this.samples.length;
  }

  label(index: number): number {
    return this.#sample(index).label;
  }

  /** @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND` or `FILE_ERROR`, naming the file. */
  async image(index: number): Promise<Picture> {
    return decodeImage(this.#sample(index).path, this.decoding);
  }

  /** @throws GoogLeNetError `FILE_NOT_FOUND` or `FILE_ERROR`, naming the file. */
  async encoded(index: number): Promise<Uint8Array> {
    return readImageFile(this.#sample(index).path);
  }

  name(index: number): string {
    return this.#sample(index).path;
  }

  #sample(index: number): Sample {
    const sample = this.samples[index];
    if (!sample) throw invalid('index', `an integer in [0, ${this.length - 1}]`, index);
    return sample;
  }
}

function readExtensions(given: unknown): readonly string[] {
  if (given === undefined) return EXTENSIONS;
  const isExtension = (value: unknown) => typeof value === 'string' && /^\.[^/]+$/.test(value);
  if (!Array.isArray(given) || given.length === 0 || !given.every(isExtension)) {
    throw invalid('extensions', "a list of extensions such as ['.png', '.jpg']", given);
  }
  return given.map((extension: string) => extension.toLowerCase());
}

function noPictures(dir: string, classes: readonly string[], extensions: readonly string[]): GoogLeNetError {
  const shown =
    classes.slice(0, 10).join(', ') + (classes.length > 10 ? ` and ${classes.length - 10} more` : '');
  const fix = `Add files that end in ${extensions.join(', ')}, or remove the folders`;
  return new GoogLeNetError(
    'INVALID_DATASET',
    `${dir} has class folders without pictures: ${shown}. ${fix}.`,
  );
}

/** All pictures in and below a folder: folder by folder in the order of their paths, by name within each. */
async function picturesUnder(
  dir: string,
  extensions: readonly string[],
  ancestors: readonly string[],
): Promise<string[]> {
  const found: { dir: string; files: string[] }[] = [];
  const visit = async (folder: string, above: readonly string[]): Promise<void> => {
    const { id, folders, files } = await list(folder, above);
    const pictures = files.filter((name) => extensions.some((end) => name.toLowerCase().endsWith(end)));
    found.push({ dir: folder, files: pictures.sort(compareCodePoints) });
    for (const name of folders) await visit(join(folder, name), [...above, id]);
  };
  await visit(dir, ancestors);
  found.sort((a, b) => compareCodePoints(a.dir, b.dir));
  return found.flatMap((folder) => folder.files.map((name) => join(folder.dir, name)));
}

interface Listing {
  /** Tells folders apart whatever path leads to them. */
  id: string;
  folders: string[];
  files: string[];
}

/** @param ancestors ids of the folders above: a link back to one of them would never end. */
async function list(dir: string, ancestors: readonly string[]): Promise<Listing> {
  try {
    const { dev, ino } = await stat(dir, { bigint: true });
    const id = `${dev}:${ino}`;
    if (ancestors.includes(id)) {
      throw new GoogLeNetError('INVALID_DATASET', `${dir} is a link to a folder above it. Remove the link.`);
    }
    const listing: Listing = { id, folders: [], files: [] };
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      const known = entry.isFile() || entry.isDirectory();
      const isFolder = known ? entry.isDirectory() : await leadsToFolder(join(dir, entry.name));
      (isFolder ? listing.folders : listing.files).push(entry.name);
    }
    return listing;
  } catch (error) {
    throw fromFileError(error, 'read', dir);
  }
}

/** A dangling link counts as a file: if it is called like a picture, reading it reports it. */
async function leadsToFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
}
