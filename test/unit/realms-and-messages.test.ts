/** Bytes that another context has made, and messages about whatever is given. */
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import {
  ArrayDataset,
  DataLoader,
  decodeImage,
  fromIterable,
  GoogLeNetError,
  ImageFolder,
  loadImages,
  preprocess,
} from '../../src/index.js';
import { topK } from '../../src/inference/top-k.js';

/** The same bytes as an array of another context, for which `instanceof Uint8Array` is false. */
function foreign(bytes: Uint8Array): Uint8Array {
  const copy = runInNewContext('(length) => new Uint8Array(length)')(bytes.length) as Uint8Array;
  copy.set(bytes);
  expect(Object.getPrototypeOf(copy)).not.toBe(Uint8Array.prototype);
  return copy;
}

const [HEIGHT, WIDTH] = [30, 40];
const pixels = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => (i * 7919) >> 4);
const encoded = () =>
  sharp(pixels, { raw: { height: HEIGHT, width: WIDTH, channels: 3 } })
    .png()
    .toBuffer();

test('Bytes of another context are taken wherever bytes are', async () => {
  const file = await encoded();
  expect((await decodeImage(foreign(file))).data.length).toBe(pixels.length);
  const image = { data: pixels, height: HEIGHT, width: WIDTH };
  const [expected] = await Promise.all([loadImages([image])]);
  const { data } = expected;
  for (const source of [foreign(file), { ...image, data: foreign(pixels) }])
    expect([...(await loadImages([source])).data]).toEqual([...data]);
  const whole = await preprocess([{ ...image, data: foreign(pixels) }]);
  expect([...whole.data]).toEqual([...data]);
  const set = new ArrayDataset({
    images: { data: foreign(pixels), shape: [1, HEIGHT, WIDTH, 3] },
    labels: runInNewContext('new Uint8Array(1)'),
    classes: ['a'],
  });
  for (const augment of ['none', 'paper'] as const) {
    const sources = [
      set,
      fromIterable({ open: () => [{ image: foreign(file), label: 0 }], classes: ['a'] }),
      fromIterable({
        open: () => [{ image: { ...image, data: foreign(pixels) }, label: 0 }],
        classes: ['a'],
      }),
      {
        length: 1,
        classes: ['a'],
        label: () => 0,
        image: async () => image,
        encoded: async () => foreign(file),
      },
    ];
    const images = await Promise.all(
      sources.map(async (source) => {
        const { value } = await new DataLoader(source, { batchSize: 1, augment }).epoch(0).next();
        return [...(value?.images.data ?? [])];
      }),
    );
    expect(images[0]).toHaveLength(224 * 224 * 3);
    for (const one of images) expect(one).toEqual(images[0]);
  }
});

let nested: unknown = 'deep';
for (let i = 0; i < 50; i++) nested = Array(20).fill(nested);

const STRANGE: [string, unknown][] = [
  ['a list of a million numbers', Array(1e6).fill(7)],
  ['lists of lists of lists', nested],
  ['a million letters', 'x'.repeat(1e6)],
  ['a number of a million digits', 1n << 3_000_000n],
  ['a symbol with a long name', Symbol('x'.repeat(1e6))],
  ['an object with a long tag', { [Symbol.toStringTag]: 'x'.repeat(1e6) }],
  [
    'an object whose tag throws',
    {
      get [Symbol.toStringTag]() {
        throw new Error('no');
      },
    },
  ],
  ['a million floats', new Float64Array(1e6)],
  ['a function of a thousand lines', new Function('\n'.repeat(1000))],
];

const ENTRIES: [string, (value: never) => unknown][] = [
  ['decodeImage', (value) => decodeImage(value)],
  ['decodeImage, maxPixels', (value) => decodeImage('a.png', { maxPixels: value })],
  ['decodeImage, signal', (value) => decodeImage('a.png', { signal: value })],
  ['loadImages', (value) => loadImages(value)],
  ['loadImages, one', (value) => loadImages([value])],
  ['preprocess', (value) => preprocess([{ data: value, height: 2, width: 2 }])],
  ['ImageFolder.open', (value) => ImageFolder.open(value)],
  ['ImageFolder.open, extensions', (value) => ImageFolder.open('.', { extensions: value })],
  ['ArrayDataset', (value) => new ArrayDataset({ images: value, labels: value, classes: value })],
  ['ArrayDataset, classes', (value) => new ArrayDataset({ images: [], labels: [], classes: value })],
  ['DataLoader', (value) => new DataLoader(value, { batchSize: 1 })],
  ['topK', (value) => topK(value, 5)],
];

describe.each(ENTRIES)('%s', (_, call) => {
  test.each(STRANGE)('has a message of a few lines about %s', async (__, value) => {
    const error = await (async () => call(value as never))().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(GoogLeNetError);
    expect((error as Error).message.length).toBeLessThan(2200);
    expect((error as Error).message.split('\n').length).toBeLessThan(6);
  });
});
