import { readFile, writeFile } from 'node:fs/promises';
import { pthParts } from '../../src/formats/pth/write.js';
import { type NewEntry, zipParts } from '../../src/formats/pth/zip-writer.js';
import { errorWith } from '../support/errors.js';
import { dict, tensor, text } from '../support/pickle-code.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeWeights, withVerifiedWeights } from '../support/weights-files.js';

const at = temporaryFolder();

const TENSORS = [
  {
    name: 'fc.weight',
    dtype: 'F32' as const,
    shape: [2, 3],
    content: Buffer.from(new Float32Array(6).fill(2).buffer),
  },
  { name: 'steps', dtype: 'I64' as const, shape: [], content: Buffer.from(new BigInt64Array([7n]).buffer) },
  { name: 'half', dtype: 'BF16' as const, shape: [3], content: Buffer.from([1, 2, 3, 4, 5, 6]) },
  { name: 'none', dtype: 'U8' as const, shape: [0, 4], content: Buffer.alloc(0) },
];

async function writeZip(entries: readonly NewEntry[]): Promise<string> {
  await writeFile(at('file.pth'), Buffer.concat(await zipParts(entries)));
  return at('file.pth');
}

/** A file whose pickle is `code` between protocol and STOP; storage 0 has eight bytes. */
const withPickle = (code: string, more: NewEntry[] = []): Promise<string> =>
  writeZip([
    { name: 'a/data.pkl', content: Buffer.from(`\x80\x02${code}.`, 'latin1') },
    { name: 'a/data/0', content: Buffer.alloc(8) },
    ...more,
  ]);

test('What is written is read: names, types, shapes and where the bytes are', async () => {
  await writeFile(at('file.pth'), Buffer.concat(await pthParts(TENSORS)));
  const bytes = await readFile(at('file.pth'));
  await withVerifiedWeights(at('file.pth'), async ({ tensors }) => {
    expect(tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(
      TENSORS.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    );
    for (const [i, { offset, bytes: length }] of tensors.entries()) {
      expect(bytes.subarray(offset, offset + length)).toEqual(TENSORS[i]?.content);
    }
  });
});

test.each([
  ['alone', dict(text('w'), tensor())],
  [
    'under model, next to other things',
    dict(text('epoch'), 'K\x03', text('model'), dict(text('w'), tensor())),
  ],
  [
    'under state_dict',
    dict(text('state_dict'), dict(text('w'), tensor()), text('lr'), 'G?\xb9\x99\x99\x99\x99\x99\x9a'),
  ],
  ['as a parameter', dict(text('w'), `ctorch._utils\n_rebuild_parameter\n(${tensor()}\x88}tR`)],
  ['with attributes', `${dict(text('w'), tensor())}}(${text('_metadata')}}ub`],
])('A state_dict is found %s', async (_, code) => {
  const { tensors } = await describeWeights(await withPickle(code));
  expect(tensors).toMatchObject([{ name: 'w', dtype: 'F32', shape: [2], bytes: 8 }]);
});

test.each([
  ['a Counter', `ccollections\nCounter\n}\x85R`],
  ['a set', `c__builtin__\nset\n]K\x01a\x85R`],
  ['a device', `ctorch\ndevice\n${text('cpu')}\x85R`],
  ['a dtype', 'ctorch\nfloat32\n'],
  ['bytes', `c_codecs\nencode\n${text('x')}${text('latin1')}\x86R`],
  ['a large integer', `\x8a\xff${'\x01'.repeat(255)}`],
  ['an expanded tensor', tensor('K\x00', '(M\xff\xfft', '(K\x00t')],
])('%s next to a state_dict is passed over', async (_, code) => {
  const path = await withPickle(dict(text('other'), code, text('model'), dict(text('w'), tensor())));
  expect((await describeWeights(path)).tensors).toMatchObject([{ name: 'w' }]);
});

test('Views that share a large storage are refused before they are read', async () => {
  const numbers = 100_000;
  const storage = `(${text('storage')}ctorch\nByteStorage\n${text('1')}${text('cpu')}J\xa0\x86\x01\x00tQ`;
  const view = tensor('K\x00', '(K\x02t', '(J\x9f\x86\x01\x00t', storage);
  const views = (count: number) => Array.from({ length: count }, (_, i) => [text(`w${i}`), view]).flat();
  const content = [{ name: 'a/data/1', content: Buffer.alloc(numbers) }];
  const few = await describeWeights(await withPickle(dict(...views(20)), content));
  expect(few.tensors).toHaveLength(20);
  await expect(describeWeights(await withPickle(dict(...views(40)), content))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'share'),
  );
});

test('A file that was written to since it was checked is told from one that was not', async () => {
  await writeFile(at('file.pth'), Buffer.concat(await pthParts(TENSORS)));
  await withVerifiedWeights(at('file.pth'), async (file) => {
    await file.assertUnchanged();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(at('file.pth'), 'x', { flag: 'r+' });
    await expect(file.assertUnchanged()).rejects.toMatchObject(errorWith('INVALID_WEIGHTS', 'written to'));
  });
});

test('Tensors that are views keep their strides', async () => {
  const transposed = tensor('K\x00', '(K\x01K\x02t', '(K\x01K\x01t');
  const every = tensor('K\x01', '(K\x01t', '(K\x02t');
  const { tensors } = await describeWeights(await withPickle(dict(text('a'), transposed, text('b'), every)));
  expect(tensors.map(({ strides, bytes }) => ({ strides, bytes }))).toEqual([
    { strides: undefined, bytes: 8 },
    { strides: undefined, bytes: 4 },
  ]);
  const wide = `(${text('storage')}ctorch\nByteStorage\n${text('0')}${text('cpu')}K\x08tQ`;
  const second = tensor('K\x01', '(K\x02K\x02t', '(K\x01K\x03t', wide);
  const { tensors: views } = await describeWeights(await withPickle(dict(text('v'), second)));
  expect(views).toMatchObject([{ dtype: 'U8', shape: [2, 2], strides: [1, 3], bytes: 5 }]);
});

test.each([
  ['a function', `cos\nsystem\n(${text('true')}tR`, 'os.system'],
  ['a class', 'c__main__\nNet\n)R', '__main__.Net'],
  ['a function named by texts', `${text('builtins')}${text('eval')}\x93`, 'builtins.eval'],
  ['attributes of a tensor', `${tensor()}}b`, 'attributes'],
  ['a call of what is no function', 'ctorch\nFloatStorage\n)R', 'no function'],
  ['an instruction that makes objects', 'ios\nsystem\n', '0x69'],
  ['an instruction of a later protocol', '\x92', '0x92'],
])('%s in the pickle is UNSAFE_PICKLE, named, and nothing runs', async (_, code, named) => {
  await expect(describeWeights(await withPickle(code))).rejects.toMatchObject(
    errorWith('UNSAFE_PICKLE', named),
  );
});

const negated = tensor().replace('\x89}tR', `\x89}}${text('neg')}\x88stR`);
const COMPLEX = `(${text('storage')}ctorch\nComplexFloatStorage\n${text('1')}${text('cpu')}K\x02tQ`;
const huge = '\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f';
test.each([
  ['no dict', 'K\x01', 'no dict'],
  ['a dict without tensors', dict(text('epoch'), 'K\x01'), '"epoch"'],
  ['a number as a name', dict('K\x01', tensor()), 'number'],
  ['a tensor outside its storage', dict(text('w'), tensor('K\x01')), 'beyond'],
  ['a tensor of a huge size', dict(text('w'), tensor('K\x00', `(${huge}t`)), 'size'],
  ['an OrderedDict of what are no pairs', 'ccollections\nOrderedDict\n]Na\x85R', 'no pairs'],
  ['a negative size', dict(text('w'), tensor('K\x00', '(J\xff\xff\xff\xfft')), 'size'],
  ['a storage that is not there', dict(text('w'), tensor().replace(text('0'), text('9'))), '"9"'],
  ['a storage that claims too much', dict(text('w'), tensor().replace('K\x02tQ', 'K\x03tQ')), 'too few'],
  ['a persistent id of another kind', 'K\x01Q', 'tuple'],
  ['values that are not there', '\x87', 'not put down'],
  ['a value that was not memoized', 'h\x05', 'not there'],
  ['a text beyond its end', 'X\xff\xff\xff\xff', 'ends amid'],
  ['more objects than there can be', ']'.repeat(300_001), 'objects'],
  ['more values to memoize than there can be', `N${'\x94'.repeat(300_001)}`, 'memoizes'],
  ['an index beyond all values to memoize', 'Nr\xff\xff\xff\xff', 'memoizes'],
  ['two tensors of one name', dict(text('w'), tensor(), text('w'), tensor()), 'two entries'],
])('A pickle with %s is INVALID_WEIGHTS', async (_, code, why) => {
  await expect(describeWeights(await withPickle(code))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', why),
  );
});

test.each([
  ['no tensor', 'K\x01', 'no tensor'],
  ['a negated view', negated, 'negated'],
  ['a complex tensor', tensor('K\x00', '(K\x02t', '(K\x01t', COMPLEX), 'type'],
  ['a tensor of expanded values', tensor('K\x00', '(M\xff\xfft', '(K\x00t'), 'repeats'],
])('An entry with %s makes no other unreadable, and is told of', async (_, code, why) => {
  const path = await withPickle(dict(text('w'), tensor(), text('c'), code));
  const { tensors, foreign } = await describeWeights(path);
  expect(tensors).toMatchObject([{ name: 'w' }]);
  expect(foreign).toEqual([{ name: 'c', what: expect.stringContaining(why) }]);
});

test('A dict that contains itself is no endless search', async () => {
  await expect(describeWeights(await withPickle(`}q\x00${text('model')}h\x00s`))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'no state_dict'),
  );
});

const sound = dict(text('w'), tensor());

test.each<[string, NewEntry[], string]>([
  ['TorchScript', [{ name: 'a/constants.pkl', content: Buffer.from('N.') }], 'TorchScript'],
  ['another byte order', [{ name: 'a/byteorder', content: Buffer.from('big') }], 'byte order'],
  ['two state_dicts', [{ name: 'b/data.pkl', content: Buffer.from('N.') }], 'one data.pkl'],
  ['two entries of one name', [{ name: 'a/data/0', content: Buffer.alloc(8) }], 'two of its entries'],
])('An archive with %s is INVALID_WEIGHTS', async (_, more, why) => {
  await expect(describeWeights(await withPickle(sound, more))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', why),
  );
});

test('An archive that was cut short or changed is INVALID_WEIGHTS', async () => {
  const bytes = await readFile(await withPickle(sound));
  for (const length of [4, 30, 100, bytes.length - 30, bytes.length - 1]) {
    await writeFile(at('cut.pth'), bytes.subarray(0, length));
    await expect(describeWeights(at('cut.pth'))).rejects.toMatchObject(errorWith('INVALID_WEIGHTS'));
  }
  const flipped = Buffer.from(bytes);
  const [first] = (await describeWeights(await withPickle(sound))).tensors;
  flipped[first?.offset ?? 0] = 1;
  await writeFile(at('flipped.pth'), flipped);
  await expect(withVerifiedWeights(at('flipped.pth'), async () => undefined)).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'checksum'),
  );
});

test('Compressed entries are INVALID_WEIGHTS', async () => {
  const bytes = await readFile(await withPickle(sound));
  const changed = Buffer.from(bytes);
  const central = bytes.indexOf('PK\x01\x02');
  changed.writeUInt16LE(8, central + 10);
  await writeFile(at('deflated.pth'), changed);
  await expect(describeWeights(at('deflated.pth'))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'compressed'),
  );
});

test('A file that is none of weights is INVALID_WEIGHTS', async () => {
  await writeFile(at('image.pth'), Buffer.from('\x89PNG\r\n\x1a\n and so on, for long enough', 'latin1'));
  await expect(describeWeights(at('image.pth'))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'no file of weights'),
  );
});
