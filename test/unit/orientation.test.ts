/** Photographs that say how the camera was held. */
import { mkdir, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { readAugment } from '../../src/data/augment.js';
import { augmentImage } from '../../src/data/augment-apply.js';
import { readReading } from '../../src/data/decode.js';
import { Xoshiro128 } from '../../src/data/sampler.js';
import {
  DataLoader,
  decodeImage,
  fromIterable,
  ImageFolder,
  loadImages,
  type RawImage,
  split,
} from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const [HEIGHT, WIDTH] = [24, 40];
const noise = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => (i * i * 7919) >> 5);
const stored = { data: noise, height: HEIGHT, width: WIDTH };
const image = () => sharp(noise, { raw: { height: HEIGHT, width: WIDTH, channels: 3 } });

/** Where the pixel of an upright image is in the file, by the EXIF standard. */
const SOURCES: Record<number, (y: number, x: number) => [y: number, x: number]> = {
  1: (y, x) => [y, x],
  2: (y, x) => [y, WIDTH - 1 - x],
  3: (y, x) => [HEIGHT - 1 - y, WIDTH - 1 - x],
  4: (y, x) => [HEIGHT - 1 - y, x],
  5: (y, x) => [x, y],
  6: (y, x) => [HEIGHT - 1 - x, y],
  7: (y, x) => [HEIGHT - 1 - x, WIDTH - 1 - y],
  8: (y, x) => [x, WIDTH - 1 - y],
};

function upright(orientation: number) {
  const [height, width] = orientation < 5 ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
  const data = new Uint8Array(noise.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = SOURCES[orientation]?.(y, x) ?? [0, 0];
      const from = 3 * (row * WIDTH + column);
      data.set(noise.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { data, height, width };
}

const tagged = (orientation: number, format: 'png' | 'webp' | 'tiff' = 'png') =>
  image().withMetadata({ orientation }).toFormat(format, { lossless: true, compression: 'lzw' }).toBuffer();
const plain = ({ data, height, width }: RawImage) => ({ data: [...data], height, width });

describe.each(Object.keys(SOURCES).map(Number))('An image of orientation %d', (orientation) => {
  test('is decoded upright, and with autoOrient: false as it is stored', async () => {
    const file = await tagged(orientation);
    expect(plain(await decodeImage(file))).toEqual(plain(upright(orientation)));
    expect(plain(await decodeImage(file, { autoOrient: false }))).toEqual(plain(stored));
  });

  test.each(['plain', 'paper', 'none'] as const)('is turned before it is augmented: %s', async (augment) => {
    const how = { augment: readAugment(augment), resize: 20, crop: 16 };
    const file = await tagged(orientation);
    for (let i = 0; i < 5; i++) {
      const random = () => Xoshiro128.seeded(1n, i);
      const expected = await augmentImage(upright(orientation), 'it', random(), how);
      expect([...(await augmentImage(file, 'it', random(), how))]).toEqual([...expected]);
      const reading = readReading({ autoOrient: false });
      const asStored = await augmentImage(file, 'it', random(), how, reading);
      expect([...asStored]).toEqual([...(await augmentImage(stored, 'it', random(), how))]);
    }
  });
});

test('A JPEG with EXIF is turned before it is augmented, at its own size', async () => {
  const how = { augment: readAugment('plain'), resize: 20, crop: 16 };
  const file = await image().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const turned = await decodeImage(file);
  expect([turned.height, turned.width]).toEqual([WIDTH, HEIGHT]);
  const [direct, through] = await Promise.all([
    augmentImage(file, 'it', Xoshiro128.seeded(1n, 0), how),
    augmentImage(turned, 'it', Xoshiro128.seeded(1n, 0), how),
  ]);
  expect([...direct]).toEqual([...through]);
});

test('TIFF images are always turned, as by Pillow', async () => {
  const file = await tagged(6, 'tiff');
  for (const autoOrient of [true, false])
    expect(plain(await decodeImage(file, { autoOrient }))).toEqual(plain(upright(6)));
});

test('Data sets turn their images too, by the same default and option', async () => {
  await mkdir(at('data/cat'), { recursive: true });
  for (const name of ['1', '2']) await writeFile(at('data/cat', `${name}.png`), await tagged(8));
  const images = async (source: ConstructorParameters<typeof DataLoader>[0]) => {
    const { value } = await new DataLoader(source, { batchSize: 1, shuffle: false, resize: 24, crop: 24 })
      .epoch(0)
      .next();
    return [...(value?.images.data ?? [])];
  };
  const open = () => [{ image: at('data/cat/1.png'), label: 0 }];
  for (const autoOrient of [undefined, true, false]) {
    const given = autoOrient === undefined ? {} : { autoOrient };
    const image = autoOrient === false ? stored : upright(8);
    const expected = await images(fromIterable({ open: () => [{ image, label: 0 }], classes: ['cat'] }));
    const folder = await ImageFolder.open(at('data'), given);
    expect(plain(await folder.image(0))).toEqual(plain(image));
    expect(await images(folder)).toEqual(expected);
    expect(await images(split(folder, { fraction: 0.5 })[0])).toEqual(expected);
    expect(await images(fromIterable({ open, classes: ['cat'], ...given }))).toEqual(expected);
    const [loaded, whole] = await Promise.all([
      loadImages([at('data/cat/1.png')], given),
      loadImages([image]),
    ]);
    expect([...loaded.data]).toEqual([...whole.data]);
  }
});
