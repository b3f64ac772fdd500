/** How large an image may be, and how many are decoded at once. */
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { usableCpus } from '../../src/core/cpu-quota.js';
import { readReading, withEncoded } from '../../src/data/decode.js';
import { isDecodeError } from '../../src/data/decode-errors.js';
import { batches, DataLoader, decodeImage, fromIterable, ImageFolder, loadImages } from '../../src/index.js';
import { errorWith } from '../support/errors.js';
import { png, RGB } from '../support/png.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const photo = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#369' } })
    .png()
    .toBuffer();

describe('An image of more pixels than maxPixels is INVALID_IMAGE with both numbers and the option', () => {
  const refusal = errorWith('INVALID_IMAGE', '20 × 30 = 600 pixels', 'maxPixels allows 599', '--max-pixels');
  const limit = { maxPixels: 599 };
  let path = '';
  beforeEach(async () => {
    await mkdir(at('data/cat'), { recursive: true });
    path = at('data/cat/1.png');
    await writeFile(path, await photo(30, 20));
  });

  test('wherever images are decoded', async () => {
    await expect(decodeImage(path, limit)).rejects.toMatchObject(refusal);
    await expect(loadImages([path], limit)).rejects.toMatchObject(refusal);
    const folder = await ImageFolder.open(at('data'), limit);
    await expect(folder.image(0)).rejects.toMatchObject(refusal);
    const indices = Uint32Array.of(0);
    const plain = batches(folder, { indices, batchSize: 1, resize: 32, crop: 32 });
    await expect(plain.next()).rejects.toMatchObject(refusal);
    const augmented = new DataLoader(folder, { batchSize: 1, resize: 32, crop: 32, augment: 'paper' });
    await expect(augmented.epoch(0).next()).rejects.toMatchObject(refusal);
    const open = () => [{ image: path, label: 0 }];
    const stream = new DataLoader(fromIterable({ open, classes: ['cat'], ...limit }), { batchSize: 1 });
    await expect(stream.epoch(0).next()).rejects.toMatchObject(refusal);
  });

  test('and one of as many is decoded', async () => {
    expect(await decodeImage(path, { maxPixels: 600 })).toMatchObject({ height: 20, width: 30 });
  });

  test('by default above 8192 × 8192, of which nothing but the header is read', async () => {
    const header = (width: number) => png({ width, height: 8192, depth: 8, color: RGB, rows: [] });
    const expected = errorWith('INVALID_IMAGE', '8192 × 8193 = 67117056 pixels', '67108864');
    await expect(decodeImage(header(8193))).rejects.toMatchObject(expected);
    // This one is decoded, as far as it goes.
    await expect(decodeImage(header(8192))).rejects.not.toMatchObject(
      errorWith('INVALID_IMAGE', 'maxPixels'),
    );
  });

  test.each([0, 1.5, -1, '9', Number.NaN])('maxPixels %p is INVALID_ARGUMENT', async (maxPixels) => {
    const given = { maxPixels } as { maxPixels: number };
    const expected = errorWith('INVALID_ARGUMENT', 'maxPixels');
    await expect(decodeImage(path, given)).rejects.toMatchObject(expected);
    await expect(loadImages([path], given)).rejects.toMatchObject(expected);
    await expect(ImageFolder.open(at('data'), given)).rejects.toMatchObject(expected);
  });
});

test('Of a large file that is no image only the header is read, and of images no more than a gigabyte', async () => {
  const before = process.resourceUsage().maxRSS;
  for (const [name, start, mention] of [
    ['film.png', 'no image', 'of an unknown format'],
    ['photo.png', '\x89PNG\r\n\x1a\n', '3000000000 bytes'],
  ] as const) {
    await writeFile(at(name), Buffer.from(start, 'latin1'));
    // Without taking room on the disk.
    await truncate(at(name), 3e9);
    await expect(decodeImage(at(name))).rejects.toMatchObject(errorWith('INVALID_IMAGE', at(name), mention));
  }
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(500_000);
});

test('No more images are decoded at once than there are cores, whoever asks for them', async () => {
  const encoded = await photo(640, 480);
  let most = 0;
  const count = () => {
    // Its threads move a job from one to the other while both are read: twice the same is what was there.
    const read = () => Object.values(sharp.counters());
    let [before, now] = [read(), read()];
    while (before.join() !== now.join()) [before, now] = [now, read()];
    const [queue = 0, process = 0] = now;
    most = Math.max(most, queue + process);
  };
  // Says so whenever an image is given to sharp, and when its turn comes.
  sharp.queue.on('change', count);
  try {
    const sources = Array.from({ length: 12 }, () => encoded);
    await Promise.all([loadImages(sources), loadImages(sources), ...sources.map((one) => decodeImage(one))]);
  } finally {
    sharp.queue.off('change', count);
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(usableCpus());
});

test.each([
  ['loadImages', (encoded: Uint8Array) => loadImages([encoded])],
  ['decodeImage', (encoded: Uint8Array) => decodeImage(encoded)],
])('Calls of %s that wait for their turn have not copied their images yet', async (_, decode) => {
  const encoded = new Uint8Array(await photo(64, 48));
  const calls = Array.from({ length: 40 }, () => decode(encoded));
  // Who has no copy yet finds nothing any more.
  structuredClone(encoded.buffer, { transfer: [encoded.buffer] });
  const copied = (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled');
  expect(copied.length).toBeGreaterThan(0);
  expect(copied.length).toBeLessThan(20);
});

test('An image for which the system has nothing left is not called damaged, nor left out', async () => {
  const encoded = await photo(30, 20);
  for (const message of [
    'glib: Error creating thread: Resource temporarily unavailable',
    'out of memory --- 9',
  ]) {
    const reading = readReading({});
    const failing = withEncoded(encoded, 'it.png', reading, () => Promise.reject(new Error(message)));
    const error = await failing.catch((reason: unknown) => reason);
    expect(error).toMatchObject(errorWith('OUT_OF_MEMORY', 'it.png'));
    expect(isDecodeError(error)).toBe(false);
  }
});
