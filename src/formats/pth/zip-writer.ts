/** A ZIP archive of stored entries, laid out as `torch.save` does it: each content begins at a multiple of 64 bytes. */
import { crc32 } from 'node:zlib';
import { GoogLeNetError } from '../../core/errors.js';
import { CENTRAL, END, LOCAL } from './zip.js';

const ALIGNMENT = 64;
/** Files beyond 4 GiB need other records. */
const MAX_BYTES = 0xffffffff;
const MAX_ENTRIES = 0xffff;
const VERSION = 20;
/** 1 January 1980, the first day that the format has: the same tensors give the same file. */
const DATE = 0x0021;
/** An extra field of this kind is padding, to torch's readers and to all others. */
const PADDING = 0x4246;
const EXTRA_HEAD_BYTES = 4;

/** Half a millisecond on the JS thread. */
const SLICE_BYTES = 2 ** 20;

export interface NewEntry {
  name: string;
  /** Must not change until the archive is written. */
  content: Uint8Array;
}

/**
 * The bytes of the archive, one part after the other; contents are not copied.
 * @throws GoogLeNetError `INVALID_ARGUMENT` beyond 4 GiB, or 65,535 entries
 */
export async function zipParts(entries: readonly NewEntry[]): Promise<Uint8Array[]> {
  if (entries.length > MAX_ENTRIES) {
    const message = `A .pth file takes at most ${MAX_ENTRIES} entries; these are ${entries.length}. Write safetensors.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  const parts: Uint8Array[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, content } of entries) {
    const shared = sharedFields(Buffer.byteLength(name), content.length, await checksumOf(content));
    directory.push(centralRecord(name, shared, position));
    const head = localRecord(name, shared, position);
    parts.push(head, content);
    position += head.length + content.length;
    if (position > MAX_BYTES) {
      throw new GoogLeNetError('INVALID_ARGUMENT', 'A .pth file takes at most 4 GiB. Write safetensors.');
    }
  }
  const list = Buffer.concat(directory);
  return [...parts, list, endRecord(entries.length, position, list.length)];
}

/** In slices between which the event loop goes on. */
async function checksumOf(content: Uint8Array): Promise<number> {
  let crc = 0;
  for (let at = 0; at < content.length; at += SLICE_BYTES) {
    if (at > 0) await new Promise(setImmediate);
    crc = crc32(content.subarray(at, at + SLICE_BYTES), crc);
  }
  return crc;
}

/** What both records of an entry have: version, flags, method, time, date, checksum, sizes, length of the name. */
function sharedFields(nameBytes: number, bytes: number, crc: number): Buffer {
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(bytes, 14);
  fields.writeUInt32LE(bytes, 18);
  fields.writeUInt16LE(nameBytes, 22);
  return fields;
}

/** In front of the content, with padding that brings it to its span. */
function localRecord(name: string, shared: Buffer, start: number): Buffer {
  const bytes = LOCAL.bytes + Buffer.byteLength(name) + EXTRA_HEAD_BYTES;
  const padding = -(start + bytes) & (ALIGNMENT - 1);
  const record = Buffer.alloc(bytes + padding);
  record.writeUInt32LE(LOCAL.signature, 0);
  shared.copy(record, 4);
  record.writeUInt16LE(EXTRA_HEAD_BYTES + padding, 28);
  record.write(name, LOCAL.bytes);
  record.writeUInt16LE(PADDING, bytes - EXTRA_HEAD_BYTES);
  record.writeUInt16LE(padding, bytes - EXTRA_HEAD_BYTES + 2);
  return record;
}

function centralRecord(name: string, shared: Buffer, start: number): Buffer {
  const record = Buffer.alloc(CENTRAL.bytes + Buffer.byteLength(name));
  record.writeUInt32LE(CENTRAL.signature, 0);
  record.writeUInt16LE(VERSION, 4);
  shared.copy(record, 6);
  record.writeUInt32LE(start, 42);
  record.write(name, CENTRAL.bytes);
  return record;
}

function endRecord(entries: number, start: number, bytes: number): Buffer {
  const record = Buffer.alloc(END.bytes);
  record.writeUInt32LE(END.signature, 0);
  record.writeUInt16LE(entries, 8);
  record.writeUInt16LE(entries, 10);
  record.writeUInt32LE(bytes, 12);
  record.writeUInt32LE(start, 16);
  return record;
}
