import { truncate, writeFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TensorInfo } from '../../src/core/tensor.js';
import { CHECKSUM_PLACEHOLDER, writeChecksum } from '../../src/formats/checksum.js';
import { planSafetensors } from '../../src/formats/safetensors.js';
import { errorWith } from '../support/errors.js';
import { safetensorsBytes, withNewChecksum } from '../support/safetensors-bytes.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { withVerifiedWeights } from '../support/weights-files.js';

const at = temporaryFolder();

const TENSORS: TensorInfo[] = [
  { name: 'fc.weight', dtype: 'F32', shape: [2, 3] },
  { name: 'fc.bias', dtype: 'F32', shape: [2] },
  { name: 'count', dtype: 'I64', shape: [] },
];

async function withChecksum(tensors = TENSORS, note = 'x'): Promise<Buffer> {
  const { header, dataBytes } = planSafetensors(tensors, { ...CHECKSUM_PLACEHOLDER, format: 'pt', note });
  const data = Uint8Array.from({ length: dataBytes }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  await writeChecksum(header, data);
  return Buffer.concat([header, data]);
}

async function load(bytes: Uint8Array): Promise<string[]> {
  await writeFile(at('file'), bytes);
  return withVerifiedWeights(at('file'), async ({ tensors }) => tensors.map(({ name }) => name));
}

const refuses = (bytes: Uint8Array, ...mentions: string[]) =>
  expect(load(bytes)).rejects.toMatchObject(errorWith('INVALID_WEIGHTS', at('file'), ...mentions));

test('A file with a checksum loads, and its checksum is the CRC-32 of all its bytes with the digits as zeros', async () => {
  const bytes = await withChecksum();
  expect(await load(bytes)).toEqual(['count', 'fc.bias', 'fc.weight']);
  expect(withNewChecksum(bytes).equals(bytes)).toBe(true);
});

test('A file of which any one bit has flipped is refused, wherever the bit is', async () => {
  const bytes = await withChecksum();
  // Eight bytes of padding at most follow the JSON; without any, the padding would not be tried.
  expect(bytes.toString('latin1')).toMatch(/\} +[^ ]/);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8((damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
    const loading = load(damaged).then(
      () => `bit ${bit} was not noticed`,
      (error) => error.code,
    );
    expect(await loading).toBe('INVALID_WEIGHTS');
  }
});

test('A file that is cut off anywhere is refused', async () => {
  const bytes = await withChecksum();
  await writeFile(at('file'), bytes);
  for (let size = bytes.length - 1; size >= 0; size--) {
    await truncate(at('file'), size);
    const loading = withVerifiedWeights(at('file'), async () => undefined);
    await expect(loading).rejects.toMatchObject(errorWith('INVALID_WEIGHTS'));
  }
});

test('Blocks that a disk has lost or moved are noticed beyond the first slice too', async () => {
  const bytes = await withChecksum([{ name: 'a', dtype: 'U8', shape: [2 ** 20 * 3 + 5] }]);
  await load(bytes);
  const zeroed = Buffer.from(bytes).fill(0, 2 ** 20 + 4096, 2 ** 20 + 8192);
  await refuses(zeroed, 'its checksum does not match');
  const swapped = Buffer.from(bytes);
  bytes.copy(swapped, 2 ** 21, 2 ** 20 + 512, 2 ** 20 + 1024);
  bytes.copy(swapped, 2 ** 20 + 512, 2 ** 21, 2 ** 21 + 512);
  await refuses(swapped, 'its checksum does not match');
  const lastByte = Buffer.from(bytes).fill(0xff, bytes.length - 1);
  await refuses(lastByte, 'its checksum does not match');
});

test('Files of other writers have no checksum and load as they are', async () => {
  const tensor = { a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } };
  for (const metadata of [undefined, { format: 'pt' }, { checksum: 'sha256:12' }]) {
    const header = metadata ? { __metadata__: metadata, ...tensor } : tensor;
    expect(await load(safetensorsBytes(header, Buffer.of(1)))).toEqual(['a']);
  }
});

test('A program that rewrote a file and kept its metadata is told what to leave out', async () => {
  const data = Buffer.of(1);
  const tensor = { a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } };
  const sorted = { __metadata__: { ...CHECKSUM_PLACEHOLDER, format: 'pt' }, ...tensor };
  await refuses(
    safetensorsBytes(sorted, data),
    'its checksum does not match',
    'leave checksum and crc32 out',
  );
  const { checksum, crc32 } = CHECKSUM_PLACEHOLDER;
  for (const __metadata__ of [
    { crc32, checksum },
    { format: 'pt', ...CHECKSUM_PLACEHOLDER },
    { checksum },
    { crc32 },
  ]) {
    const bytes = safetensorsBytes({ __metadata__, ...tensor }, data);
    await refuses(bytes, 'is not where this package writes it', 'leave checksum and crc32 out');
  }
});

test('Neither writing nor checking the checksum of 64 MiB holds up the event loop', async () => {
  const { header, dataBytes } = planSafetensors(
    [{ name: 'a', dtype: 'U8', shape: [2 ** 26] }],
    CHECKSUM_PLACEHOLDER,
  );
  const data = new Uint8Array(dataBytes).fill(5);
  // A slice takes half a millisecond and the sampling of the delay one; the rest is for a busy machine. In one go it takes 30.
  expect(await usualDelayMs(() => writeChecksum(header, data))).toBeLessThan(8);
  await writeFile(at('file'), Buffer.concat([header, data]));
  expect(await usualDelayMs(() => withVerifiedWeights(at('file'), async () => undefined))).toBeLessThan(8);
});

async function usualDelayMs(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await sleep(20);
  delay.enable();
  await work();
  delay.disable();
  return delay.percentile(90) / 1e6;
}
