// Draws one image as training sees it: crops, flips, interpolations and colors.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import sharp from 'sharp';
import { readFlags } from './lib/flags.mjs';

const HELP = `node scripts/augment-sheet.mjs <image> <sheet.png> [options]

Writes 24 augmentations of an image as one PNG. Compile first: npm run build.

  --augment A    none, plain, paper, or parts as JSON, such as '{"crop":"random","hue":0.1}' (default paper)
  --seed N       (default 0)
  --resize N     short edge for none and plain (default 256)
  --crop N       edge of each (default 224)
`;

const COLUMNS = 6;
const ROWS = 4;
const GAP = 4;

const { positionals, ...flags } = readFlags(
  HELP,
  { augment: 'paper', seed: '0', resize: '256', crop: '224' },
  2,
);
const [image, sheet] = positionals;

const { DataLoader } = createRequire(import.meta.url)('..');

const encoded = await readFile(image);
const copies = {
  length: COLUMNS * ROWS,
  classes: [image],
  label: () => 0,
  image: () => Promise.reject(new Error('The encoded image is asked for.')),
  encoded: async () => encoded,
  name: () => image,
};
const edge = Number(flags.crop);
const loader = new DataLoader(copies, {
  batchSize: copies.length,
  seed: Number(flags.seed),
  resize: Number(flags.resize),
  crop: edge,
  augment: flags.augment.startsWith('{') ? JSON.parse(flags.augment) : flags.augment,
});
const { value: batch } = await loader.epoch(0).next();
const bytes = edge * edge * 3;
const tiles = Array.from({ length: copies.length }, (_, i) => ({
  input: Buffer.from(batch.images.data.subarray(i * bytes, (i + 1) * bytes)),
  raw: { width: edge, height: edge, channels: 3 },
  left: (i % COLUMNS) * (edge + GAP),
  top: Math.floor(i / COLUMNS) * (edge + GAP),
}));
const size = { width: COLUMNS * (edge + GAP) - GAP, height: ROWS * (edge + GAP) - GAP };
await sharp({ create: { ...size, channels: 3, background: 'white' } })
  .composite(tiles)
  .png()
  .toFile(sheet);
