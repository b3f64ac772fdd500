/**
 * Makes scripts/sample/fashion-mnist from the original idx files of Fashion-MNIST:
 *
 *   node scripts/sample/make.mjs <folder with train-images-idx3-ubyte.gz and the other three files>
 *
 * The first 100 training and the first 20 test images of each class, in the order of the files, as 28 × 28 gray PNG files
 * `{train,test}/<class>/<nnn>.png`, where nnn counts within the class. The same input gives the same pixels every time.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import sharp from 'sharp';

/** By label. The leading digit keeps the sorted order of the folders equal to that of the labels. */
const CLASSES = [
  '0-t-shirt-top',
  '1-trouser',
  '2-pullover',
  '3-dress',
  '4-coat',
  '5-sandal',
  '6-shirt',
  '7-sneaker',
  '8-bag',
  '9-ankle-boot',
];

const SPLITS = [
  { name: 'train', prefix: 'train', perClass: 100 },
  { name: 'test', prefix: 't10k', perClass: 20 },
];

const EDGE = 28;
const OUTPUT = fileURLToPath(new URL('fashion-mnist', import.meta.url));

/** The payload of an idx file after a check of its magic number and sizes (big-endian 32-bit numbers). */
async function readIdx(path, sizes) {
  const bytes = await promisify(gunzip)(await readFile(path));
  const headerBytes = 4 * (sizes.length + 1);
  const found = sizes.map((_, i) => bytes.readUInt32BE(4 * (i + 1)));
  const matches = sizes.every((size, i) => size === null || size === found[i]);
  const total = found.reduce((n, size) => n * size, 1);
  if (bytes.readUInt32BE(0) !== 0x0800 + sizes.length || !matches || bytes.length !== headerBytes + total) {
    throw new Error(`${path} is not the idx file that was expected`);
  }
  return bytes.subarray(headerBytes);
}

async function writeSplit(source, { name, prefix, perClass }) {
  const labels = await readIdx(join(source, `${prefix}-labels-idx1-ubyte.gz`), [null]);
  const images = await readIdx(join(source, `${prefix}-images-idx3-ubyte.gz`), [labels.length, EDGE, EDGE]);
  const written = CLASSES.map(() => 0);
  for (const [i, label] of labels.entries()) {
    if (written[label] === perClass) continue;
    const folder = join(OUTPUT, name, CLASSES[label]);
    await mkdir(folder, { recursive: true });
    await sharp(images.subarray(i * EDGE * EDGE, (i + 1) * EDGE * EDGE), {
      raw: { width: EDGE, height: EDGE, channels: 1 },
    })
      .toColourspace('b-w')
      .png({ compressionLevel: 9 })
      .toFile(join(folder, `${String(written[label]++).padStart(3, '0')}.png`));
  }
}

const source = process.argv[2];
if (!source) {
  console.error('Usage: node scripts/sample/make.mjs <folder with the idx.gz files of Fashion-MNIST>');
  process.exit(2);
}
for (const split of SPLITS) {
  await rm(join(OUTPUT, split.name), { recursive: true, force: true });
  await writeSplit(source, split);
}
