// Images with the entropy of photographs, the same on every machine: three scales of noise, from broad patches to grain.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const SCALES = [
  { width: 25, height: 19, weight: 1 },
  { width: 125, height: 94, weight: 0.25 },
];
const GRAIN = 16;

/** The generator of Numerical Recipes: bytes of noise need no better one. */
function noise(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A JPEG of quality 90. */
export async function photograph(seed, width = 500, height = 375) {
  const random = noise(seed);
  const layers = [];
  for (const scale of SCALES) {
    const raw = { width: scale.width, height: scale.height, channels: 3 };
    const small = Buffer.from(Array.from({ length: raw.width * raw.height * 3 }, () => random() * 256));
    const large = sharp(small, { raw }).resize(width, height, { fit: 'fill', kernel: 'cubic' });
    layers.push({ weight: scale.weight, data: await large.raw().toBuffer() });
  }
  const pixels = new Uint8ClampedArray(width * height * 3).map((_, i) =>
    layers.reduce((sum, { weight, data }) => sum + weight * (data[i] - 128), 128 + (random() - 0.5) * GRAIN),
  );
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** A folder of two classes, as `ImageFolder` reads it. */
export async function writePhotographs(folder, count, mkdir) {
  for (const name of ['a', 'b']) mkdir(join(folder, name));
  for (let i = 0; i < count; i++) {
    writeFileSync(
      join(folder, i % 2 ? 'b' : 'a', `${String(i).padStart(4, '0')}.jpg`),
      await photograph(i + 1),
    );
  }
}
