/** Who reads a file: what a program that loads it would call. Each throws what the reader throws, and for what C++ must not be given. */
import { fstatSync } from 'node:fs';
import { GoogLeNetError } from '../../src/core/errors.js';
import { DTYPE_BYTES } from '../../src/core/tensor.js';
import { Engine } from '../../src/engine/engine.js';
import type { StoredTensor } from '../../src/formats/format.js';
import { readIdx } from '../../src/formats/idx.js';
import { withWeightsFile } from '../../src/formats/weights-file.js';
import { modelIn } from '../../src/models/stored-architecture.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';

export type ReaderName = keyof typeof READERS;

export const READERS = { weights: readWeights, checkpoint: readCheckpoint, plan: readPlan, idx: readImages };

async function readWeights(path: string): Promise<void> {
  await withWeightsFile(path, async (file) => {
    await file.verify();
    assertSound(file.tensors);
    try {
      modelIn(file);
    } catch (error) {
      // Few of them are a model; that is said in the same way.
      if (!(error instanceof GoogLeNetError)) throw error;
    }
  });
}

async function readPlan(path: string): Promise<void> {
  (await Engine.load(path, { threads: 1 })).dispose();
}

async function readImages(path: string): Promise<void> {
  await readIdx(path, 3);
}

/** What C++ relies on, worked out in another way than the readers do. */
function assertSound(tensors: readonly StoredTensor[]): void {
  if (new Set(tensors.map(({ name }) => name)).size < tensors.length)
    throw new Error('two tensors of one name');
  for (const { name, dtype, shape, strides, offset, bytes, fd } of tensors) {
    const sizes = [...shape, offset, bytes, ...(strides ?? [])];
    const areSizes = sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (typeof name !== 'string' || !areSizes) throw new Error(`sizes of ${name}`);
    if (offset + bytes > fstatSync(fd).size) throw new Error(`${name} ends outside of its file`);
    const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
    let last = count - 1;
    if (strides && count > 0) last = shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] ?? 0), 0);
    if ((last + 1) * DTYPE_BYTES[dtype] !== bytes) throw new Error(`bytes of ${name}`);
    if (count > last + 1) throw new Error(`${name} repeats its values`);
  }
}
