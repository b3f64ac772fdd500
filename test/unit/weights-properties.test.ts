/** Any tensors, written in any format, are read as they were. */
import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { DTYPE_BYTES, type DType } from '../../src/core/tensor.js';
import { numberOfElements } from '../../src/core/validation.js';
import { CHECKSUM_PLACEHOLDER, writeChecksum } from '../../src/formats/checksum.js';
import { pthParts } from '../../src/formats/pth/write.js';
import { planSafetensors } from '../../src/formats/safetensors.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { withVerifiedWeights } from '../support/weights-files.js';

const at = temporaryFolder();

const dtype = fc.constantFrom(...(Object.keys(DTYPE_BYTES) as DType[]));
const shape = fc.array(fc.nat(4), { maxLength: 4 });
const tensor = fc.tuple(dtype, shape, fc.nat(255)).map(([dtype, shape, first]) => {
  const content = Buffer.alloc(numberOfElements(shape) * DTYPE_BYTES[dtype]);
  for (let i = 0; i < content.length; i++) content[i] = (first + 37 * i) % 256;
  return { dtype, shape, content };
});
/** Names of any characters that a file can hold. */
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
const tensors = fc.uniqueArray(fc.tuple(name, tensor), {
  minLength: 1,
  maxLength: 12,
  selector: ([name]) => name,
});
type Named = typeof tensors extends fc.Arbitrary<infer T> ? T : never;

async function written(path: string, parts: readonly Uint8Array[]): Promise<Record<string, unknown>> {
  await writeFile(path, Buffer.concat(parts));
  const bytes = await readFile(path);
  return withVerifiedWeights(path, async ({ tensors }) =>
    Object.fromEntries(
      tensors.map(({ name, dtype, shape, offset, bytes: length }) => [
        name,
        { dtype, shape, content: bytes.subarray(offset, offset + length).toString('hex') },
      ]),
    ),
  );
}

const expected = (named: Named) =>
  Object.fromEntries(
    named.map(([name, { dtype, shape, content }]) => [
      name,
      { dtype, shape, content: content.toString('hex') },
    ]),
  );

test.each([false, true])('safetensors, with a checksum: %p', async (hasChecksum) => {
  const property = fc.asyncProperty(tensors, async (named) => {
    const infos = named
      .filter(([name]) => name !== '__metadata__')
      .map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] }));
    const { header, spans, dataBytes } = planSafetensors(
      infos,
      hasChecksum ? CHECKSUM_PLACEHOLDER : undefined,
    );
    const data = Buffer.alloc(dataBytes);
    const contents = new Map(named.map(([name, { content }]) => [name, content]));
    for (const { name, offset } of spans) data.set(contents.get(name) ?? [], offset);
    if (hasChecksum) await writeChecksum(header, data);
    expect(await written(at('any.safetensors'), [header, data])).toEqual(expected(named));
  });
  await fc.assert(property, { numRuns: 300, seed: 1 });
});

test('torch.save', async () => {
  const property = fc.asyncProperty(tensors, async (named) => {
    const all = named.map(([name, tensor]) => ({ name, ...tensor, shape: [...tensor.shape] }));
    expect(await written(at('any.pth'), await pthParts(all))).toEqual(expected(named));
  });
  await fc.assert(property, { numRuns: 300, seed: 1 });
});
