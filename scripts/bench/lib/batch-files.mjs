// The weights and the batch that both sides work on.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { GoogLeNet } = createRequire(import.meta.url)('../../..');

const COUNT = 32;
const SIZE = COUNT * 3 * 224 * 224;

/** Any fixed numbers will do; these are spread over all of 32 bits. */
const number = (_, i) => Math.imul(i, 2654435761) >>> 0;

/** Writes them to a folder. @returns what the sides are asked to load. */
export async function writeBatch(folder, { numClasses }) {
  const files = {
    weights: join(folder, `weights-${numClasses}.safetensors`),
    images: join(folder, 'images'),
    bytes: join(folder, 'bytes'),
    labels: join(folder, `labels-${numClasses}`),
  };
  const model = new GoogLeNet({ seed: 0, initWeights: true, numClasses });
  await model.save(files.weights);
  model.dispose();
  // In [-2, 2), as normalized images are.
  writeFileSync(
    files.images,
    Float32Array.from({ length: SIZE }, (_, i) => number(_, i) / 2 ** 30 - 2),
  );
  writeFileSync(
    files.bytes,
    Uint8Array.from({ length: SIZE }, (_, i) => number(_, i) >>> 24),
  );
  writeFileSync(
    files.labels,
    Int32Array.from({ length: COUNT }, (_, i) => i % numClasses),
  );
  return { ...files, count: COUNT, numClasses };
}
