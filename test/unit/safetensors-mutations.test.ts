import { writeFile } from 'node:fs/promises';
import { type ErrorCode, GoogLeNetError } from '../../src/core/errors.js';
import { DTYPE_BYTES } from '../../src/core/tensor.js';
import { Xoshiro128 } from '../../src/data/sampler.js';
import { planSafetensors } from '../../src/formats/safetensors.js';
import { type ParsedHeader, parseHeader } from '../../src/formats/safetensors-header.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { readSafetensorsHeader } from '../support/weights-files.js';

const { header, dataBytes } = planSafetensors(
  [
    { name: 'fc.weight', dtype: 'F32', shape: [2, 3] },
    { name: 'fc.bias', dtype: 'F32', shape: [2] },
    { name: 'empty', dtype: 'F16', shape: [0, 7] },
    { name: 'count', dtype: 'I64', shape: [] },
    { name: 'flag "é\n"', dtype: 'BOOL', shape: [3] },
  ],
  { format: 'pt', note: 'x' },
);
const JSON_BYTES = Buffer.from(header.subarray(8));

/** Pieces that mean something to the format, so that many mutants get past the JSON parser. */
const PIECES = [
  '0',
  '4',
  '8',
  '24',
  '-1',
  '1e3',
  '9007199254740993',
  '18446744073709551616',
  '[]',
  '{}',
  'null',
  '""',
  ',',
  ':',
];
const WORDS = [
  '"F32"',
  '"I64"',
  '"U8"',
  '"dtype"',
  '"shape"',
  '"data_offsets"',
  '"__metadata__"',
  '"__proto__"',
  '"\\ud800"',
];

function mutate(original: Buffer, random: Xoshiro128): Buffer {
  const at = random.below(original.length);
  const [before, after] = [original.subarray(0, at), original.subarray(at)];
  const piece = () => {
    const pieces = random.below(2) === 0 ? PIECES : WORDS;
    return Buffer.from(pieces[random.below(pieces.length)] ?? '');
  };
  switch (random.below(7)) {
    case 0: // one byte becomes another
      return Buffer.concat([before, Buffer.from([random.below(256)]), after.subarray(1)]);
    case 1: // bytes go missing
      return Buffer.concat([before, after.subarray(1 + random.below(12))]);
    case 2: // a slice is there twice
      return Buffer.concat([before, after.subarray(0, random.below(60)), after]);
    case 3: // a piece is put in
      return Buffer.concat([before, piece(), after]);
    case 4: // a piece replaces a few bytes
      return Buffer.concat([before, piece(), after.subarray(random.below(8))]);
    case 5: // a slice moves
      return Buffer.concat([after.subarray(0, 40), before, after.subarray(40)]);
    default: {
      // a number changes
      let nth = random.below(20);
      const text = original
        .toString('latin1')
        .replace(/\d+/g, (digits) => (nth-- === 0 ? piece().toString() : digits));
      return Buffer.from(text, 'latin1');
    }
  }
}

/** What C++ relies on, checked in another way than the parser does. */
function expectSound({ tensors, foreign, metadata }: ParsedHeader, bytes: number): void {
  const owners = new Uint8Array(bytes);
  for (const { name, dtype, shape, offset, bytes: size } of tensors) {
    if (typeof name !== 'string' || name === '__metadata__') throw new Error('name');
    if (size !== shape.reduce((n, d) => n * d, 1) * DTYPE_BYTES[dtype]) throw new Error(`bytes of ${name}`);
    if (offset + size > bytes) throw new Error(`end of ${name}`);
    for (let i = offset; i < offset + size; i++) owners[i] = (owners[i] ?? 0) + 1;
  }
  // Nobody reads those of other types, wherever they are.
  const isCovered = (count: number) => count === 1 || (count === 0 && foreign.length > 0);
  if (!owners.every(isCovered)) throw new Error('coverage');
  if (new Set(tensors.map(({ name }) => name)).size !== tensors.length) throw new Error('names');
  if (!Object.values(metadata).every((value) => typeof value === 'string')) throw new Error('metadata');
}

test('Every one of 30,000 damaged headers is either refused with INVALID_WEIGHTS or sound', () => {
  const random = Xoshiro128.seeded(20n, 1);
  const invalidFile = (what: string) => new GoogLeNetError('INVALID_WEIGHTS', what);
  const reasons = new Map<string, number>();
  let sound = 0;
  for (let i = 0; i < 30_000; i++) {
    let bytes = mutate(JSON_BYTES, random);
    while (random.below(4) === 0) bytes = mutate(bytes, random);
    try {
      expectSound(parseHeader(bytes, dataBytes, invalidFile), dataBytes);
      sound++;
    } catch (error) {
      if (!(error instanceof GoogLeNetError))
        throw new Error(`${error} for ${JSON.stringify(bytes.toString('latin1'))}`);
      const reason = error.message.replace(/".*"|\d+/g, '…').slice(0, 40);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  // The mutants reach deep: some stay valid, and many kinds of refusal are seen.
  expect(sound).toBeGreaterThan(500);
  expect(reasons.size).toBeGreaterThan(15);
});

const at = temporaryFolder();

test('Every one of 500 damaged files gives a header or one of the documented errors', async () => {
  const random = Xoshiro128.seeded(21n, 1);
  const file = Buffer.concat([header, Buffer.alloc(dataBytes)]);
  const codes = new Set<ErrorCode | 'read'>();
  for (let i = 0; i < 500; i++) {
    await writeFile(at('file'), mutate(file, random));
    const read = readSafetensorsHeader(at('file'));
    codes.add(await read.then(() => 'read' as const).catch((error: GoogLeNetError) => error.code));
  }
  expect([...codes].sort()).toEqual(['INVALID_WEIGHTS', 'read']);
});
