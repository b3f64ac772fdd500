import { writeFile } from 'node:fs/promises';
import { planSafetensors } from '../../src/formats/safetensors.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { withVerifiedWeights } from '../support/weights-files.js';

const at = temporaryFolder();
const INDEX = 'model.safetensors.index.json';

async function writeShard(name: string, tensors: string[]): Promise<void> {
  const { header } = planSafetensors(tensors.map((tensor) => ({ name: tensor, dtype: 'F32', shape: [1] })));
  await writeFile(at(name), Buffer.concat([header, Buffer.alloc(4 * tensors.length)]));
}

async function read(map: unknown) {
  await writeFile(at(INDEX), typeof map === 'string' ? map : JSON.stringify({ weight_map: map }));
  return withVerifiedWeights(at(INDEX), async ({ tensors }) => tensors.map(({ name, fd }) => ({ name, fd })));
}

beforeEach(async () => {
  await writeShard('one.safetensors', ['a', 'b']);
  await writeShard('two.safetensors', ['c']);
});

test('Weights in several files are read through their index, each tensor from its own file', async () => {
  const tensors = await read({ a: 'one.safetensors', c: 'two.safetensors', b: 'one.safetensors' });
  expect(tensors.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
  const [a, b, c] = tensors;
  expect(a?.fd).toBe(b?.fd);
  expect(c?.fd).not.toBe(a?.fd);
});

test('a single file whose header has the length of a brace is no index', async () => {
  const { header } = planSafetensors([{ name: 'a', dtype: 'F32', shape: [1] }]);
  const json = header.subarray(8);
  const padded = Buffer.alloc(256 + 0x7b, ' ');
  padded.set(json);
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(padded.length));
  await writeFile(at('brace.safetensors'), Buffer.concat([head, padded, Buffer.alloc(4)]));
  expect(head[0]).toBe('{'.charCodeAt(0));
  await withVerifiedWeights(at('brace.safetensors'), async ({ tensors }) => expect(tensors).toHaveLength(1));
});

test.each<[string, unknown, string]>([
  ['no JSON', '{"weight_map": {', 'no JSON'],
  ['no map', '{"weight_map": null}', 'weight_map'],
  ['a file in another folder', { a: '../one.safetensors' }, 'no file next to it'],
  ['an absolute path', { a: '/one.safetensors' }, 'no file next to it'],
  ['a file of another kind', { a: 'passwd' }, 'no file next to it'],
  ['a file that is no text', { a: 3 }, 'no file next to it'],
  ['a tensor that its file lacks', { c: 'one.safetensors' }, 'lacks the tensor'],
])('An index with %s is INVALID_WEIGHTS', async (_, map, why) => {
  await expect(read(map)).rejects.toMatchObject(errorWith('INVALID_WEIGHTS', why));
});

test('A file that the index names and that is not there is FILE_NOT_FOUND', async () => {
  await expect(read({ a: 'three.safetensors' })).rejects.toMatchObject(
    errorWith('FILE_NOT_FOUND', 'three.safetensors'),
  );
});

test('A damaged file of several is INVALID_WEIGHTS, naming it', async () => {
  await writeFile(at('two.safetensors'), 'x'.repeat(40));
  await expect(read({ c: 'two.safetensors' })).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'two.safetensors'),
  );
});
