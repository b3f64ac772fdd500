// One format's files, in a process of its own: node worker.mjs <format> <tries> <seed>. The result is its one message.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMATS } from './formats.mjs';

const require = createRequire(import.meta.url);
const { Xoshiro128 } = require('../../dist/data/sampler.js');
const { withTensorFile } = require('../../dist/formats/tensor-file.js');
const { GoogLeNetError } = require('../../dist/errors.js');
const { DTYPE_BYTES } = require('../../dist/tensor.js');

const [name, tries, seed] = process.argv.slice(2);
const { original, pieces, file = async (bytes) => bytes, beside } = FORMATS[name];
const random = Xoshiro128.seeded(BigInt(seed), 1);

/** The documented answers to a bad file. */
const EXPECTED = ['INVALID_WEIGHTS', 'UNSAFE_PICKLE', 'FILE_NOT_FOUND'];
/** Longer than this is a hang. */
const MAX_MS = 2000;

function mutate(bytes) {
  const at = random.below(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const piece = Buffer.from(pieces[random.below(pieces.length)], 'latin1');
  switch (random.below(8)) {
    case 0: // one byte becomes another
      return Buffer.concat([before, Buffer.from([random.below(256)]), after.subarray(1)]);
    case 1: // one bit turns over
      return Buffer.concat([
        before,
        Buffer.from([(after[0] ?? 0) ^ (1 << random.below(8))]),
        after.subarray(1),
      ]);
    case 2: // bytes go missing
      return Buffer.concat([before, after.subarray(1 + random.below(12))]);
    case 3: // a slice is there twice
      return Buffer.concat([before, after.subarray(0, random.below(60)), after]);
    case 4: // a piece is put in
      return Buffer.concat([before, piece, after]);
    case 5: // a piece replaces as many bytes
      return Buffer.concat([before, piece, after.subarray(piece.length)]);
    case 6: // the end goes missing
      return before;
    default: // a slice moves
      return Buffer.concat([after.subarray(0, 40), before, after.subarray(40)]);
  }
}

/** What C++ relies on, worked out in another way than the readers do. */
function problemOf({ tensors }, size) {
  const names = new Set(tensors.map((tensor) => tensor.name));
  if (names.size !== tensors.length) return 'two tensors of one name';
  for (const { name: tensor, dtype, shape, strides, offset, bytes } of tensors) {
    if (typeof tensor !== 'string') return 'a name that is no text';
    const sizes = [...shape, offset, bytes, ...(strides ?? [])];
    if (!sizes.every((number) => Number.isSafeInteger(number) && number >= 0)) return `sizes of ${tensor}`;
    const count = shape.reduce((product, length) => product * length, 1);
    let last = count - 1;
    if (strides && count > 0) last = shape.reduce((sum, length, i) => sum + (length - 1) * strides[i], 0);
    if ((last + 1) * DTYPE_BYTES[dtype] !== bytes) return `bytes of ${tensor}`;
    if (count > last + 1) return `${tensor} repeats its numbers`;
    if (offset + bytes > size) return `${tensor} ends outside of the file`;
  }
  return null;
}

const folder = mkdtempSync(join(tmpdir(), 'googlenet-fuzz-'));
const path = join(folder, 'file');
const neighbours = (await beside?.()) ?? {};
for (const [neighbour, bytes] of Object.entries(neighbours)) writeFileSync(join(folder, neighbour), bytes);
const largest = Math.max(0, ...Object.values(neighbours).map((bytes) => bytes.length));
const sane = await original();
writeFileSync(path, await file(sane));
await withTensorFile(path, async ({ tensors }) => {
  if (tensors.length === 0) throw new Error(`The sound file of ${name} has no tensors.`);
});

const result = { sound: 0, refused: {}, failures: [], slowestMs: 0, slowestBytes: 0, memoryMiB: 0 };
const rss = () => process.memoryUsage.rss() / 2 ** 20;
const before = rss();
for (let i = 0; i < Number(tries); i++) {
  let changed = mutate(sane);
  while (random.below(3) === 0) changed = mutate(changed);
  const bytes = await file(changed);
  writeFileSync(path, bytes);
  const start = performance.now();
  try {
    await withTensorFile(path, async (read) => {
      const problem = problemOf(read, Math.max(bytes.length, largest));
      if (problem === null) result.sound++;
      else result.failures.push(`try ${i}: ${problem}`);
    });
  } catch (error) {
    const isExpected = error instanceof GoogLeNetError && EXPECTED.includes(error.code);
    if (isExpected) result.refused[error.code] = (result.refused[error.code] ?? 0) + 1;
    else result.failures.push(`try ${i}: ${error.stack}`);
  }
  const ms = performance.now() - start;
  if (ms > result.slowestMs) Object.assign(result, { slowestMs: ms, slowestBytes: bytes.length });
  if (ms > MAX_MS) result.failures.push(`try ${i}: took ${ms.toFixed(0)} ms`);
  if (i % 100 === 0) result.memoryMiB = Math.max(result.memoryMiB, rss() - before);
}
rmSync(folder, { recursive: true });
process.send(result);
