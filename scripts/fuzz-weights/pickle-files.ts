/** Files of `torch.save` around a program. */
import { dict, pickleOf, text } from '../../test/support/pickle-code.js';
import { rebuild, storage } from './pickle-writer.js';
import { zipOf } from './zip-directories.js';

/** What each storage holds. */
const STORAGE = Buffer.alloc(8, 7);

export const archiveOf = (code: string): Buffer =>
  zipOf([
    { name: 'a/data.pkl', content: pickleOf(code) },
    ...[0, 1, 2].map((key) => ({ name: `a/data/${key}`, content: STORAGE })),
  ]);

/** The magic number, the version and the machine. */
export const LEGACY_HEAD: readonly Buffer[] = [
  pickleOf('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19'),
  pickleOf('M\xe9\x03'),
  pickleOf('}'),
];
const KEYS = pickleOf(`](${text('0')}e`);

/** As `torch.save` wrote before it wrote archives: five pickles, of which one is the program, then the storages. */
export function legacyOf(code: string, place: number): Buffer {
  const pickles = [...LEGACY_HEAD, pickleOf('}'), KEYS];
  const program = pickleOf(code);
  // The first one says what the file is.
  pickles[place] = place > 0 ? program : Buffer.concat([(pickles[0] as Buffer).subarray(0, -1), program]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(2n);
  return Buffer.concat([...pickles, length, STORAGE]);
}

/** Of as many tensors as there is room for, each with a storage of its own, which is read by itself. */
export function legacyOfMany(bytes: number): Buffer {
  const keys = Array.from({ length: Math.ceil(bytes / 120) }, (_, i) => i.toString(36));
  const tensors = keys.map(
    (key) => `${text(key)}${rebuild(`${storage(key, 'K\x02')}K\x00(K\x02t(K\x01t\x89}`)}`,
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(2n);
  const listed = pickleOf(`](${keys.map(text).join('')}e`);
  const storages = keys.map(() => Buffer.concat([length, STORAGE]));
  return Buffer.concat([...LEGACY_HEAD, pickleOf(dict(tensors.join(''))), listed, ...storages]);
}
