import { join } from 'node:path';
import { compareCodePoints } from '../core/code-points.js';
import { GoogLeNetError } from '../core/errors.js';
import { boolean, invalid, itemsOf, readOptions, path as readPath } from '../core/validation.js';
import { checkFormats } from './check-formats.js';
import type { Dataset, RawImage } from './dataset.js';
import { decodeImage, readImageFile } from './decode.js';
import { DECODE_OPTIONS, type DecodeOptions, type Decoding, readDecoding } from './decode-options.js';
import { filesUnder, listFolder } from './list-folder.js';

/** torchvision's list. Files of the BMP and PPM families cannot be decoded: they are an error, never left out. */
const EXTENSIONS = ['.jpg', '.jpeg', '.png', '.ppm', '.bmp', '.pgm', '.tif', '.tiff', '.webp'];

export interface ImageFolderSample {
  readonly path: string;
  readonly label: number;
}

export interface ImageFolderOptions extends DecodeOptions {
  /** What the names of images end in, in any case; other files are left out. */
  extensions?: readonly string[];
  /**
   * Reads the first bytes of every file, so that one that cannot be decoded is found now and not in the middle of an epoch: a tenth of a
   * second for a thousand files. Default true.
   */
  checkFormats?: boolean;
}

/**
 * A folder with one subfolder for each class: `dir/<class>/…/<image>`. Classes and images are in the order of torchvision's
 * `ImageFolder` (names sorted by code point, subfolders and links followed), so labels and indices equal Python's.
 */
export class ImageFolder implements Dataset {
  readonly dir: string;
  readonly classes: readonly string[];
  readonly samples: readonly ImageFolderSample[];
  readonly decoding: Decoding;

  private constructor(
    dir: string,
    classes: readonly string[],
    samples: readonly ImageFolderSample[],
    decoding: Decoding,
  ) {
    this.dir = dir;
    this.classes = classes;
    this.samples = samples;
    this.decoding = decoding;
  }

  /**
   * Lists the images and looks at their formats; none is decoded yet.
   * @throws GoogLeNetError `INVALID_DATASET` naming what has no images, or what is no image that can be decoded, `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_ARGUMENT`.
   */
  static async open(dir: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
    const read = readOptions('options', options, ['extensions', 'checkFormats', ...DECODE_OPTIONS]);
    const extensions = readExtensions(read.extensions);
    const checks = boolean('checkFormats', read.checkFormats ?? true);
    const decoding = readDecoding(read);
    const isImage = (name: string) => extensions.some((end) => name.toLowerCase().endsWith(end));
    const root = await listFolder(readPath('dir', dir), []);
    const classes = root.folders.sort(compareCodePoints);
    if (classes.length === 0) {
      const layout = `Expected ${join(dir, '<class>', '<image>.png')}`;
      throw new GoogLeNetError('INVALID_DATASET', `${dir} has no class folders. ${layout}.`);
    }
    const samples: ImageFolderSample[] = [];
    const empty: string[] = [];
    for (const [label, name] of classes.entries()) {
      const files = await filesUnder(join(dir, name), isImage, [root.id]);
      if (files.length === 0) empty.push(name);
      for (const path of files) samples.push({ path, label });
    }
    if (empty.length > 0) throw noImages(dir, empty, extensions);
    if (checks) {
      await checkFormats(
        dir,
        samples.map(({ path }) => path),
      );
    }
    return new ImageFolder(dir, classes, samples, decoding);
  }

  get length(): number {
    return this.samples.length;
  }

  label(index: number): number {
    return this.#sample(index).label;
  }

  /** @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND` or `FILE_ERROR`, naming the file. */
  async image(index: number): Promise<RawImage> {
    return decodeImage(this.#sample(index).path, this.decoding);
  }

  /** @throws GoogLeNetError `FILE_NOT_FOUND` or `FILE_ERROR`, naming the file. */
  async encoded(index: number): Promise<Uint8Array> {
    return readImageFile(this.#sample(index).path);
  }

  name(index: number): string {
    return this.#sample(index).path;
  }

  #sample(index: number): ImageFolderSample {
    const sample = this.samples[index];
    if (!sample) throw invalid('index', `an integer in [0, ${this.length - 1}]`, index);
    return sample;
  }
}

function readExtensions(options: unknown): readonly string[] {
  if (options === undefined) return EXTENSIONS;
  const isExtension = (value: unknown) => typeof value === 'string' && /^\.[^/]+$/.test(value);
  if (!Array.isArray(options) || options.length === 0 || !itemsOf(options).every(isExtension)) {
    throw invalid('extensions', "a list of extensions such as ['.png', '.jpg']", options);
  }
  return options.map((extension: string) => extension.toLowerCase());
}

function noImages(dir: string, classes: readonly string[], extensions: readonly string[]): GoogLeNetError {
  const shown =
    classes.slice(0, 10).join(', ') + (classes.length > 10 ? ` and ${classes.length - 10} more` : '');
  const fix = `Add files that end in ${extensions.join(', ')}, or remove the folders`;
  return new GoogLeNetError('INVALID_DATASET', `${dir} has class folders without images: ${shown}. ${fix}.`);
}
