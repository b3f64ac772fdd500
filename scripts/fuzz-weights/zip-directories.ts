/** ZIP archives whose directories say anything: where entries lie, how large they are, how many there are. */
import { crc32 } from 'node:zlib';
import { dict, pickleOf, text } from '../../test/support/pickle-code.js';
import type { Dice } from './dice.js';
import { rebuild, storage } from './pickle-writer.js';

/** What is not given is what it should be. */
export interface Entry {
  name: string;
  /** Written in front of the directory; none for an entry that is another one's bytes. */
  content?: Buffer;
  header?: number;
  stored?: number;
  packed?: number;
  flags?: number;
  method?: number;
  crc?: number;
  extra?: Buffer;
  comment?: Buffer;
  localExtra?: number;
}

/** What follows the directory. */
export interface End {
  offset?: number;
  bytes?: number;
  count?: number;
  comment?: Buffer;
  /** The 64-bit record and its locator. */
  wide?: { offset: bigint; bytes: bigint; record?: bigint };
}

export function zipOf(entries: readonly Entry[], end: End = {}): Buffer {
  const body: Buffer[] = [];
  let at = 0;
  const directory = entries.map((entry) => {
    const header = at;
    if (entry.content) {
      const local = localRecord(entry, entry.content);
      body.push(local, entry.content);
      at += local.length + entry.content.length;
    }
    return centralRecord(entry, header);
  });
  const bytes = directory.reduce((sum, record) => sum + record.length, 0);
  return Buffer.concat([...body, ...directory, endRecords(end, { at, bytes, count: entries.length })]);
}

function localRecord({ name, localExtra = 0 }: Entry, content: Buffer): Buffer {
  const record = Buffer.alloc(30 + Buffer.byteLength(name) + localExtra);
  record.writeUInt32LE(0x04034b50, 0);
  record.writeUInt32LE(crc32(content), 14);
  record.writeUInt32LE(content.length, 18);
  record.writeUInt32LE(content.length, 22);
  record.writeUInt16LE(Buffer.byteLength(name), 26);
  record.writeUInt16LE(localExtra, 28);
  record.write(name, 30);
  return record;
}

function centralRecord(entry: Entry, ownHeader: number): Buffer {
  const { name, content = Buffer.alloc(0), extra = Buffer.alloc(0), comment = Buffer.alloc(0) } = entry;
  const { stored = content.length, packed = stored, header = ownHeader, crc = crc32(content) } = entry;
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(entry.flags ?? 0, 8);
  record.writeUInt16LE(entry.method ?? 0, 10);
  record.writeUInt32LE(crc, 16);
  record.writeUInt32LE(packed, 20);
  record.writeUInt32LE(stored, 24);
  record.writeUInt16LE(Buffer.byteLength(name), 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt16LE(comment.length, 32);
  record.writeUInt32LE(header, 42);
  return Buffer.concat([record, Buffer.from(name), extra, comment]);
}

function endRecords(end: End, own: { at: number; bytes: number; count: number }): Buffer {
  const { comment = Buffer.alloc(0), wide } = end;
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE((end.count ?? own.count) & 0xffff, 8);
  record.writeUInt16LE((end.count ?? own.count) & 0xffff, 10);
  record.writeUInt32LE(wide ? 0xffffffff : (end.bytes ?? own.bytes), 12);
  record.writeUInt32LE(wide ? 0xffffffff : (end.offset ?? own.at), 16);
  record.writeUInt16LE(comment.length, 20);
  if (!wide) return Buffer.concat([record, comment]);
  const wideRecord = Buffer.alloc(56);
  wideRecord.writeUInt32LE(0x06064b50, 0);
  wideRecord.writeBigUInt64LE(wide.bytes, 40);
  wideRecord.writeBigUInt64LE(wide.offset, 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(wide.record ?? BigInt(own.at + own.bytes), 8);
  return Buffer.concat([wideRecord, locator, record, comment]);
}

/** The extra field of 64-bit sizes. */
function wideExtra(...values: readonly bigint[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, i) => {
    extra.writeBigUInt64LE(value, 4 + 8 * i);
  });
  return extra;
}

const FLOATS = Buffer.alloc(8, 7);

/** A state_dict of `count` tensors, each with a storage of its own. */
function stateDict(count: number): Entry[] {
  const keys = Array.from({ length: count }, (_, i) => i.toString(36));
  const tensors = keys.map(
    (key) => `${text(key)}${rebuild(`${storage(key, 'K\x02')}K\x00(K\x02t(K\x01t\x89}`)}`,
  );
  const content = pickleOf(dict(tensors.join('')));
  return [
    { name: 'a/data.pkl', content },
    ...keys.map((key) => ({ name: `a/data/${key}`, content: FLOATS })),
  ];
}

const WIDE: readonly bigint[] = [
  0n,
  8n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

export type Directory = (dice: Dice, bytes: number) => Buffer;

export const DIRECTORIES: Readonly<Record<string, Directory>> = {
  'entries that say anything': (dice) => {
    const entries = stateDict(dice.size(40));
    for (let changes = dice.size(4); changes > 0; changes--) {
      const entry = dice.pick(entries);
      const fields = ['header', 'stored', 'packed', 'crc', 'flags', 'method'] as const;
      const field = dice.pick(fields);
      entry[field] = field === 'flags' || field === 'method' ? dice.below(65536) : dice.extreme();
      if (dice.once(2)) entry.stored = entry.packed = dice.extreme();
    }
    return zipOf(entries);
  },
  'thousands of entries': (dice, bytes) => zipOf(stateDict(Math.ceil(bytes / dice.pick([240, 300, 1000])))),
  'thousands of entries next to a small state_dict': (dice, bytes) => {
    const name = (i: number) => dice.pick([`a/data/${i}`, `a/x/${i}`, `b${i}/data.pkl`]);
    const others = Array.from({ length: Math.ceil(bytes / 30) }, (_, i) => ({ name: name(i), stored: 0 }));
    return zipOf([...stateDict(2), ...others]);
  },
  // Their headers are one after the other, and say that all contents begin behind the last one.
  'entries over one another': (_, bytes) => {
    const [pickle, ...others] = stateDict(Math.min(2000, Math.max(2, Math.ceil(bytes / 250))));
    const content = Buffer.alloc(bytes, 7);
    const crc = crc32(content);
    const begin = 30 * others.length;
    const headers = others.map((_, i) =>
      localRecord({ name: '', localExtra: begin - 30 * (i + 1) }, content).subarray(0, 30),
    );
    const first = 30 + 'a/x'.length;
    const over = others.map(({ name }, i) => ({ name, crc, header: first + 30 * i, stored: bytes }));
    const body = Buffer.concat([...headers, content]);
    return zipOf([{ name: 'a/x', content: body, stored: 0 }, ...(pickle ? [pickle] : []), ...over]);
  },
  'entries that need 64 bits': (dice) => {
    const entries = stateDict(dice.size(20));
    for (const entry of entries) {
      if (dice.once(3)) continue;
      const size = BigInt(entry.content?.length ?? 0);
      const value = () => (dice.once(2) ? size : dice.pick(WIDE));
      entry.extra = wideExtra(...Array.from({ length: dice.below(4) }, value));
      if (dice.once(2)) entry.stored = entry.packed = 0xffffffff;
      if (dice.once(4)) entry.header = 0xffffffff;
      if (dice.once(8)) entry.extra = entry.extra.subarray(0, dice.below(entry.extra.length + 1));
    }
    return zipOf(entries);
  },
  'an end that says anything': (dice) => {
    const entries = stateDict(dice.size(10));
    const wide = { offset: dice.pick(WIDE), bytes: dice.pick(WIDE), record: dice.pick(WIDE) };
    const { record: _, ...found } = wide;
    const small = { offset: dice.extreme(), bytes: dice.extreme(), count: dice.extreme() };
    return zipOf(
      entries,
      dice.pick([{ wide }, { wide: found }, small, { offset: small.offset }, { bytes: small.bytes }]),
    );
  },
  'ends within comments': (dice, bytes) => {
    const fake = Buffer.alloc(22, 0);
    fake.writeUInt32LE(0x06054b50, 0);
    const comment = Buffer.alloc(
      Math.min(bytes, 65535),
      dice.pick([fake, Buffer.from('PK\x05\x06'), Buffer.from('x')]),
    );
    return zipOf(stateDict(2), { comment: comment.subarray(0, dice.size(comment.length)) });
  },
  'names of every kind': (dice, bytes) => {
    const long = 'x'.repeat(Math.min(bytes, 65000));
    const names = [
      '',
      '/',
      'a/',
      'a/data.pkl',
      'a/constants.pkl',
      'b/data.pkl',
      '../../etc/passwd',
      'a/data/\0',
      '\u{1f600}',
    ];
    const others = Array.from({ length: dice.size(20) }, () => ({
      name: dice.once(4) ? long + dice.below(9) : dice.pick(names),
      stored: 0,
      comment: Buffer.alloc(dice.size(Math.min(bytes, 65535))),
    }));
    return zipOf(dice.once(2) ? [...stateDict(2), ...others] : others);
  },
  'large entries where small ones belong': (dice, bytes) => {
    const name = dice.pick(['a/byteorder', 'a/data.pkl', 'a/data/0', 'a/version']);
    const content = Buffer.alloc(bytes, dice.pick(['little', 'big', 'N', '\0']));
    return zipOf([...stateDict(1).filter((entry) => entry.name !== name), { name, content }]);
  },
  'local headers that do not fit': (dice) => {
    const entries = stateDict(dice.size(20));
    for (const entry of entries) if (dice.once(3)) entry.localExtra = dice.size(65535);
    return zipOf(entries);
  },
};
