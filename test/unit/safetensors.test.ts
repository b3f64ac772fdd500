import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import type { TensorInfo } from '../../src/core/tensor.js';
import { MAX_HEADER_BYTES, planSafetensors } from '../../src/formats/safetensors.js';
import { errorWith } from '../support/errors.js';
import { safetensorsBytes } from '../support/safetensors-bytes.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { readSafetensorsHeader } from '../support/weights-files.js';

const at = temporaryFolder();

async function read(bytes: Uint8Array) {
  await writeFile(at('file.safetensors'), bytes);
  return readSafetensorsHeader(at('file.safetensors'));
}

const TENSORS: TensorInfo[] = [
  { name: 'fc.weight', dtype: 'F32', shape: [2, 3] },
  { name: 'fc.bias', dtype: 'F32', shape: [2] },
  { name: 'scalar', dtype: 'F32', shape: [] },
  { name: 'partA.1.num_batches_tracked', dtype: 'I64', shape: [] },
  { name: 'empty', dtype: 'F16', shape: [0, 7] },
  { name: 'flags', dtype: 'BOOL', shape: [3] },
];

describe('A file as planned', () => {
  test('is read back with the same names, types, shapes and metadata, at absolute offsets', async () => {
    const metadata = { format: 'pt', 'é "\n': '\u{1F600}' };
    const { header, spans, dataBytes } = planSafetensors(TENSORS, metadata);
    const file = await read(Buffer.concat([header, Buffer.alloc(dataBytes)]));
    expect(file.metadata).toEqual(metadata);
    expect(file.tensors).toEqual(spans.map((span) => ({ ...span, offset: span.offset + header.length })));
    expect(new Set(file.tensors.map(({ name }) => name))).toEqual(new Set(TENSORS.map(({ name }) => name)));
  });

  test('starts its data at a multiple of 8 and stores wide types first, then by name', () => {
    const { header, spans } = planSafetensors(TENSORS);
    expect(header.length % 8).toBe(0);
    expect(spans.map(({ name }) => name)).toEqual([
      'partA.1.num_batches_tracked',
      'fc.bias',
      'fc.weight',
      'scalar',
      'empty',
      'flags',
    ]);
  });

  test('is byte for byte what Python safetensors 0.8.0 writes', () => {
    const dtypes = ['BOOL', 'U8', 'I8', 'I16', 'F16', 'BF16', 'I32', 'F32', 'F64', 'I64'] as const;
    const tensors: TensorInfo[] = dtypes.map((dtype) => ({ name: `x${dtype}`, dtype, shape: [1] }));
    tensors.push(
      { name: 'a\u{1F600}', dtype: 'F32', shape: [1] },
      { name: 'a\uFFEE', dtype: 'F32', shape: [1] },
    );
    tensors.push({ name: 'q"\\\n\x01\x7f/\u00e9\u2028', dtype: 'F32', shape: [] });
    tensors.push({ name: 'empty', dtype: 'F32', shape: [0, 3] });
    const { header, dataBytes } = planSafetensors(tensors, { format: 'p"t\u0000\u001f\b' });
    expect(header.length).toBe(888);
    expect(createHash('sha256').update(header).digest('hex')).toBe(
      'e0681a63bfc6f65ebf9b3e8f06b1ddeacc922b1c65859b2256dcf75f50e4d957',
    );
    expect(dataBytes).toBe(45);
  });

  test('may be empty', async () => {
    expect(await read(planSafetensors([]).header)).toEqual({ tensors: [], foreign: [], metadata: {} });
  });

  test('keeps names that mean something else to JavaScript', async () => {
    const names = ['__proto__', 'constructor', 'toString', '0', ''];
    const { header, dataBytes } = planSafetensors(names.map((name) => ({ name, dtype: 'U8', shape: [1] })));
    const file = await read(Buffer.concat([header, Buffer.alloc(dataBytes)]));
    expect(new Set(file.tensors.map(({ name }) => name))).toEqual(new Set(names));
    const withMetadata = await read(safetensorsBytes('{"__metadata__":{"__proto__":"x"}}'));
    expect(Object.entries(withMetadata.metadata)).toEqual([['__proto__', 'x']]);
  });

  test('is refused where it could not be read again', () => {
    const tensor = (name: string): TensorInfo => ({ name, dtype: 'F32', shape: [1] });
    const refused = (tensors: TensorInfo[], metadata?: Record<string, string>) =>
      expect(() => planSafetensors(tensors, metadata)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    refused([tensor('a'), tensor('a')]);
    refused([tensor('__metadata__')]);
    refused([tensor('\ud800')]);
    refused([], { note: 'x\udfff' });
    refused([], { note: 'x'.repeat(MAX_HEADER_BYTES) });
  });
});

const F32 = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
const FOUR = new Uint8Array(4);

describe('A malformed file is INVALID_WEIGHTS', () => {
  const rejects = async (bytes: Uint8Array, mention: string) => {
    const expected = errorWith('INVALID_WEIGHTS', mention, 'file.safetensors');
    await expect(read(bytes)).rejects.toMatchObject(expected);
  };
  const length = (value: bigint, rest = '') => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return Buffer.concat([bytes, Buffer.from(rest)]);
  };

  test.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(), 'empty'],
    ['seven bytes', new Uint8Array(7), '7 bytes'],
    ['an empty header', length(0n), "'{'"],
    ['a header longer than the file', length(100n, '{}'), 'the file has 10'],
    ['a header of 2^64 - 1 bytes', length(2n ** 64n - 1n, '{}'), '18446744073709551615'],
    ['a header just above the limit', length(BigInt(MAX_HEADER_BYTES) + 1n, '{}'), `${MAX_HEADER_BYTES}`],
    ['a header that is an array', safetensorsBytes('[]'), "'{'"],
    ['a header after a space', safetensorsBytes(' {}'), "'{'"],
    ['a header after a byte order mark', safetensorsBytes('\ufeff{}'), "'{'"],
    ['a header that is not UTF-8', safetensorsBytes(Buffer.from([0x7b, 0xff, 0x7d])), 'UTF-8'],
    ['a header that is not JSON', safetensorsBytes('{"a":}'), 'JSON'],
    ['text after the header object', safetensorsBytes('{} {}'), 'JSON'],
    [
      'a header of 100,000 brackets',
      safetensorsBytes(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
      'nested',
    ],
  ])('%s', (_, bytes, mention) => rejects(bytes, mention));

  test.each<[string, string, string]>([
    ['a tensor that is a number', '{"a":1}', 'not an object'],
    ['a tensor that is null', '{"a":null}', 'not an object'],
    ['a missing field', '{"a":{"dtype":"F32","shape":[1]}}', 'data_offsets'],
    ['an unknown field', `{"a":${JSON.stringify({ ...F32, stride: [1] })}}`, 'stride'],
    [
      'a field called __proto__',
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"__proto__":{}}}',
      '__proto__',
    ],
    ['fields inherited from __proto__', `{"a":{"__proto__":${JSON.stringify(F32)}}}`, '__proto__'],
    ['a dtype that is no name of one', `{"a":${JSON.stringify({ ...F32, dtype: 'f32 ' })}}`, 'f32 '],
    ['a dtype that is nested deep', `{"a":${JSON.stringify({ ...F32, dtype: [[['F32']]] })}}`, 'nested'],
    ['metadata that is a number', `{"__metadata__":1,"a":${JSON.stringify(F32)}}`, '__metadata__'],
    [
      'a dtype that is a property of every object',
      `{"a":${JSON.stringify({ ...F32, dtype: 'toString' })}}`,
      'toString',
    ],
    ['a dtype that is no text', `{"a":${JSON.stringify({ ...F32, dtype: ['F32'] })}}`, 'dtype'],
    ['a shape that is a number', `{"a":${JSON.stringify({ ...F32, shape: 1 })}}`, 'shape'],
    ['a negative size', `{"a":${JSON.stringify({ ...F32, shape: [-1] })}}`, 'shape'],
    ['a fractional size', `{"a":${JSON.stringify({ ...F32, shape: [1.5] })}}`, 'shape'],
    ['a size written as 1e0', '{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', 'plain digits'],
    ['a size written as text', `{"a":${JSON.stringify({ ...F32, shape: ['1'] })}}`, 'shape'],
    ['a size above 2^53', '{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', 'shape'],
    [
      'sizes whose product overflows',
      `{"a":${JSON.stringify({ ...F32, shape: [2 ** 30, 2 ** 30] })}}`,
      'counted',
    ],
    [
      'a product that wraps to 4 in 64 bits',
      `{"a":${JSON.stringify({ ...F32, shape: [2 ** 32, 2 ** 32] })}}`,
      'counted',
    ],
    ['three offsets', `{"a":${JSON.stringify({ ...F32, data_offsets: [0, 4, 4] })}}`, 'data_offsets'],
    [
      'an end before the beginning',
      `{"a":${JSON.stringify({ ...F32, data_offsets: [4, 0] })}}`,
      'data_offsets',
    ],
    ['bytes that do not match the shape', `{"a":${JSON.stringify({ ...F32, shape: [2] })}}`, '8 bytes'],
    [
      'a tensor past the end',
      `{"a":${JSON.stringify({ ...F32, shape: [2], data_offsets: [0, 8] })}}`,
      '4 follow',
    ],
    ['data that no tensor covers', '{}', '4 follow'],
    [
      'a hole at the start',
      `{"a":${JSON.stringify({ dtype: 'U8', shape: [2], data_offsets: [2, 4] })}}`,
      'hole',
    ],
    ['two tensors on the same bytes', `{"a":${JSON.stringify(F32)},"b":${JSON.stringify(F32)}}`, 'overlaps'],
    ['the same tensor twice', `{"a":${JSON.stringify(F32)},"a":${JSON.stringify(F32)}}`, 'twice'],
    [
      'the same tensor twice, once escaped',
      `{"a":${JSON.stringify(F32)},"\\u0061":${JSON.stringify(F32)}}`,
      'twice',
    ],
    ['the same field twice', '{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 'twice'],
    ['the metadata twice', `{"__metadata__":{},"__metadata__":{},"a":${JSON.stringify(F32)}}`, 'twice'],
    ['the same metadata twice', `{"__metadata__":{"k":"1","k":"2"},"a":${JSON.stringify(F32)}}`, 'twice'],
    ['metadata that is no object', `{"__metadata__":[],"a":${JSON.stringify(F32)}}`, '__metadata__'],
    ['metadata that is no text', `{"__metadata__":{"epoch":3},"a":${JSON.stringify(F32)}}`, 'epoch'],
    ['half a surrogate pair in a name', `{"\\ud800":${JSON.stringify(F32)}}`, 'surrogate'],
  ])('%s', (_, header, mention) => rejects(safetensorsBytes(header, FOUR), mention));

  test('a file cut off at any byte', async () => {
    const { header, dataBytes } = planSafetensors(TENSORS, { format: 'pt' });
    const bytes = Buffer.concat([header, Buffer.alloc(dataBytes)]);
    await read(bytes);
    for (let size = bytes.length - 1; size >= 0; size--) {
      await truncate(at('file.safetensors'), size);
      await expect(readSafetensorsHeader(at('file.safetensors'))).rejects.toMatchObject(
        errorWith('INVALID_WEIGHTS'),
      );
    }
  });

  test('a message stays short whatever the file holds', async () => {
    const name = '\u0007'.repeat(100_000);
    const error = await read(safetensorsBytes({ [name]: 1 })).catch((e: Error) => e);
    expect((error as Error).message.length).toBeLessThan(400);
    expect((error as Error).message).not.toContain('\u0007');
  });

  test('a string of a megabyte is scanned without running out of stack', async () => {
    const text = 'x\\n'.repeat(MAX_HEADER_BYTES / 3 - 20);
    const file = await read(safetensorsBytes(`{"__metadata__":{"k":"${text}"}}`));
    expect(file.metadata.k).toBe('x\n'.repeat(MAX_HEADER_BYTES / 3 - 20));
  });
});

test.each(['U64', 'U16', 'F8_E4M3', 'F8_E5M2', 'C64', 'F4'])(
  'A tensor of the dtype %s makes no other unreadable, and is told of',
  async (dtype) => {
    const header = { a: F32, extra: { dtype, shape: [3], data_offsets: [4, 12] } };
    const { tensors, foreign } = await read(safetensorsBytes(header, new Uint8Array(12)));
    expect(tensors).toMatchObject([{ name: 'a', bytes: 4 }]);
    expect(foreign).toEqual([{ name: 'extra', what: expect.stringContaining(dtype) }]);
  },
);

test('Metadata that is null is none, as for the reference reader', async () => {
  const { tensors, metadata } = await read(safetensorsBytes({ __metadata__: null, a: F32 }, FOUR));
  expect(metadata).toEqual({});
  expect(tensors).toHaveLength(1);
});

test('What cannot be opened is a file error, and a pipe does not wait for a writer', async () => {
  await expect(readSafetensorsHeader(at('none'))).rejects.toMatchObject(
    errorWith('FILE_NOT_FOUND', at('none')),
  );
  await mkdir(at('folder'));
  await expect(readSafetensorsHeader(at('folder'))).rejects.toMatchObject(
    errorWith('FILE_ERROR', at('folder')),
  );
  execFileSync('mkfifo', [at('pipe')]);
  await expect(readSafetensorsHeader(at('pipe'))).rejects.toMatchObject(errorWith('FILE_ERROR', at('pipe')));
});

test('Reading the header does not read the tensors', async () => {
  const { header, dataBytes } = planSafetensors([{ name: 'a', dtype: 'F32', shape: [2 ** 36] }]);
  await writeFile(at('sparse'), header);
  await truncate(at('sparse'), header.length + dataBytes);
  const { tensors } = await readSafetensorsHeader(at('sparse'));
  expect(tensors).toEqual([
    { name: 'a', dtype: 'F32', shape: [2 ** 36], offset: header.length, bytes: 2 ** 38 },
  ]);
});
