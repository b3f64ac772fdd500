/** Files of every format and mode, written and read by Pillow, which docs/reference/image-files.md is about. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '../../src/index.js';
import { type NamedTensors, tensorNamed } from '../support/bits.js';
import { errorWith } from '../support/errors.js';
import type { Answer } from '../support/python.js';
import { Parity } from './harness.js';

const parity = Parity.use();

/** What Pillow reads and the decoder refuses. */
const REFUSED: Record<string, string> = {
  'BMP.bmp': 'BMP',
  'DDS.dds': 'DDS',
  'ICNS.icns': 'unknown',
  'ICO.ico': 'icon',
  'IM.im': 'unknown',
  'JPEG2000.jpeg2000': 'JPEG 2000',
  'PCX.pcx': 'unknown',
  'PPM.ppm': 'PPM',
  'QOI.qoi': 'QOI',
  'SGI.sgi': 'unknown',
  'TGA.tga': 'unknown',
  'LAB.tif': 'bad labq format',
  'animation.avif': 'AVIF animation',
};

interface Difference {
  /** Of 255. */
  largest: number;
  mean: number;
}

/** What is decoded to other bytes than Pillow's, and by how much at most. */
const DIFFERENT: Record<string, Difference> = {
  // Pillow clips at 255, of 65,535: nearly everything is white.
  'I;16.png': { largest: 255, mean: 130 },
  'I;16.tif': { largest: 255, mean: 130 },
  'I;16B.tif': { largest: 255, mean: 130 },
  '1 × 16 bits.tif': { largest: 255, mean: 130 },
  // What is transparent, or outside of the first frame, is black; Pillow looks up its color.
  'transparent.gif': { largest: 255, mean: 3 },
  'transparent animation.gif': { largest: 255, mean: 3 },
  'frame inside of the screen.gif': { largest: 255, mean: 85 },
  // Another interpolation of the halved color channels, and another rounding.
  'RGB.avif': { largest: 100, mean: 4 },
  'RGBA.avif': { largest: 100, mean: 4 },
  'orientation 6.avif': { largest: 40, mean: 1 },
  '4:4:4.avif': { largest: 1, mean: 0.2 },
};

const folder = mkdtempSync(join(tmpdir(), 'googlenet-images-'));
let answer: Answer;
let names: string[];

beforeAll(async () => {
  answer = await parity.ask('image_files', { folder });
  names = answer.facts.names as string[];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string, autoOrient: boolean) => decodeImage(join(folder, name), { autoOrient });
const compared = () => names.filter((name) => !(name in REFUSED) && !(name in DIFFERENT));

test.each([
  ['as they are stored', false, ''],
  ['upright', true, ' upright'],
])('what is decoded has Pillow’s bytes, %s', async (title, autoOrient, suffix) => {
  const ours: Record<string, NamedTensors[string]> = {};
  const theirs: Record<string, NamedTensors[string]> = {};
  for (const name of compared()) {
    const { data, height, width } = await read(name, autoOrient);
    ours[name] = { data, shape: [height, width, 3] };
    theirs[name] = tensorNamed(name + suffix, answer.tensors);
  }
  expect(Object.keys(ours).length).toBeGreaterThan(80);
  parity.expectBitEqual(`${compared().length} kinds of image files, ${title}`, ours, theirs);
});

test.each(Object.entries(DIFFERENT))(
  '%s differs by no more than documented',
  async (name, { largest, mean }) => {
    const { data, height, width } = await read(name, true);
    const expected = tensorNamed(`${name} upright`, answer.tensors);
    expect([height, width, 3]).toEqual(expected.shape);
    const differences = Array.from(data, (value, i) => Math.abs(value - Number(expected.data[i])));
    expect(Math.max(...differences)).toBeGreaterThan(0);
    expect(Math.max(...differences)).toBeLessThanOrEqual(largest);
    expect(differences.reduce((a, b) => a + b, 0) / differences.length).toBeLessThanOrEqual(mean);
  },
);

test('what is not decoded is refused with its name', async () => {
  for (const [name, mention] of Object.entries(REFUSED)) {
    expect(names).toContain(name);
    await expect(read(name, true)).rejects.toMatchObject(errorWith('INVALID_IMAGE', name, mention));
  }
});
