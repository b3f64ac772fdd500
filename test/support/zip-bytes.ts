/** ZIP archives put together by hand, so that tests can have their directory say anything. */
import { crc32 } from 'node:zlib';

export interface HandEntry {
  name: string;
  /** Where its header is said to be. */
  header: number;
  bytes: number;
  crc?: number;
}

/** What stands in front of an entry's content. */
export function localHeader(name: string, content: Uint8Array): Buffer {
  const record = Buffer.alloc(30 + name.length);
  record.writeUInt32LE(0x04034b50, 0);
  record.writeUInt32LE(crc32(content), 14);
  record.writeUInt32LE(content.length, 18);
  record.writeUInt32LE(content.length, 22);
  record.writeUInt16LE(name.length, 26);
  record.write(name, 30, 'latin1');
  return record;
}

function centralRecord({ name, header, bytes, crc = 0 }: HandEntry): Buffer {
  const record = Buffer.alloc(46 + name.length);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt32LE(crc, 16);
  record.writeUInt32LE(bytes, 20);
  record.writeUInt32LE(bytes, 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt32LE(header, 42);
  record.write(name, 46, 'latin1');
  return record;
}

/** Contents, and a directory that says what it is told to. */
export function zipWith(body: Uint8Array, entries: readonly HandEntry[]): Buffer {
  const directory = Buffer.concat(entries.map(centralRecord));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length & 0xffff, 8);
  end.writeUInt16LE(entries.length & 0xffff, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(body.length, 16);
  return Buffer.concat([body, directory, end]);
}
