/** Archives whose directory says what cannot be: refused by what it says, before an entry is read. */
import { open, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { errorWith } from '../support/errors.js';
import { dict, pickleOf, tensor, text } from '../support/pickle-code.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeWeights, withVerifiedWeights } from '../support/weights-files.js';
import { type HandEntry, localHeader, zipWith } from '../support/zip-bytes.js';

const at = temporaryFolder();

/** A pickle of `count` tensors, each of a storage of its own with two floats. */
const pickle = (count: number): Buffer =>
  pickleOf(
    dict(
      ...Array.from({ length: count }, (_, i) => [
        text(`w${i}`),
        tensor().replace(text('0'), text(`${i}`)),
      ]).flat(),
    ),
  );

/** One content of eight bytes, said to be that of `count` storages. */
function overlapping(count: number): { body: Buffer; entries: HandEntry[] } {
  const content = pickle(count);
  const storage = Buffer.alloc(8);
  const head = localHeader('a/data.pkl', content);
  const first = head.length + content.length;
  const body = Buffer.concat([head, content, localHeader('a/data/0', storage), storage]);
  const names = Array.from({ length: count }, (_, i) => `a/data/${i}`);
  return {
    body,
    entries: [
      { name: 'a/data.pkl', header: 0, bytes: content.length, crc: crc32(content) },
      ...names.map((name) => ({ name, header: first, bytes: 8, crc: crc32(storage) })),
    ],
  };
}

test('An archive made by hand is read', async () => {
  const { body, entries } = overlapping(1);
  await writeFile(at('file.pth'), zipWith(body, entries));
  await withVerifiedWeights(at('file.pth'), async ({ tensors }) =>
    expect(tensors).toMatchObject([{ name: 'w0' }]),
  );
});

test.each([2, 30])('One content for %i entries is refused', async (count) => {
  const { body, entries } = overlapping(count);
  await writeFile(at('file.pth'), zipWith(body, entries));
  await expect(describeWeights(at('file.pth'))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'overlaps'),
  );
});

test('Entries that overlap are refused by the directory, however large they are and before they are read', async () => {
  const { body, entries } = overlapping(3);
  // A sparse file of four gigabytes: whoever reads it is still at it when the test ends.
  const large = 2 ** 32 - 2 ** 20;
  const moved = entries.map((entry, i) =>
    i === 0 ? entry : { ...entry, header: body.length + i, bytes: large },
  );
  const directoryAt = 2 ** 32 - 2 ** 19;
  const end = zipWith(Buffer.alloc(0), moved);
  end.writeUInt32LE(directoryAt, end.length - 6);
  await writeFile(at('file.pth'), body);
  const whole = await open(at('file.pth'), 'r+');
  await whole.write(end, 0, end.length, directoryAt);
  await whole.close();
  await expect(withVerifiedWeights(at('file.pth'), async () => undefined)).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'overlaps'),
  );
});

test.each<[string, (entries: HandEntry[]) => void]>([
  ['reaches into the directory', ([, storage]) => storage && Object.assign(storage, { bytes: 9 })],
  [
    'begins in the pickle',
    ([, storage]) => storage && Object.assign(storage, { header: storage.header - 1 }),
  ],
  [
    'is said to be beyond the file',
    ([, storage]) => storage && Object.assign(storage, { header: 0xfffffff0 }),
  ],
])('An entry that %s is refused', async (_, change) => {
  const { body, entries } = overlapping(1);
  change(entries);
  await writeFile(at('file.pth'), zipWith(body, entries));
  await expect(describeWeights(at('file.pth'))).rejects.toMatchObject(errorWith('INVALID_WEIGHTS'));
});

test('An entry whose own header moves its content over the next one is refused', async () => {
  const { body, entries } = overlapping(1);
  const [first] = entries;
  // The length of the extra field of the pickle's header: its content would begin later, and end in the storage.
  body.writeUInt16LE(40, 28);
  Object.assign(first ?? {}, { crc: crc32(body.subarray(80, 80 + (first?.bytes ?? 0))) });
  await writeFile(at('file.pth'), zipWith(body, entries));
  await expect(describeWeights(at('file.pth'))).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'does not lie where'),
  );
});
