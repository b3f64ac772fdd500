/**
 * The part of the ZIP format that `torch.save` writes: entries that are stored and not compressed, in an archive of any size. What is
 * read is where they lie. Format: PKWARE's APPNOTE, with its 64-bit records.
 */
import { throwIfAborted } from '../../core/errors.js';
import type { InvalidFile } from '../invalid-file.js';
import type { OpenFile } from '../open-files.js';
import { quote } from '../quote.js';

/** Signatures and sizes of the records without their variable parts. */
export const LOCAL = { signature: 0x04034b50, bytes: 30 };
export const CENTRAL = { signature: 0x02014b50, bytes: 46 };
export const END = { signature: 0x06054b50, bytes: 22 };
const END64 = { signature: 0x06064b50, bytes: 56 };
const LOCATOR64 = { signature: 0x07064b50, bytes: 20 };
export const ZIP_SIGNATURE = LOCAL.signature;
/** The extra field with the sizes that do not fit in 32 bits, and what stands in their span. */
const EXTRA64 = 1;
const IN_EXTRA = 0xffffffff;
const MAX_COMMENT_BYTES = 0xffff;

/** Room for 20,000 entries; those of a GoogLeNet take 40 KB. */
const MAX_DIRECTORY_BYTES = 2 * 2 ** 20;

/** Entries of the directory that are listed in one go: a millisecond. */
const TURN = 2000;

export interface ZipEntry {
  /** Of the entry's content, from the start of the file. */
  offset: number;
  bytes: number;
  crc32: number;
}

/** An entry as the directory lists it. */
interface Listed {
  name: string;
  header: number;
  /** Where it ends at the latest: the next one begins here, or the directory. */
  limit: number;
  bytes: number;
  /** At the least, with its header. */
  extent: number;
  crc32: number;
  isPlain: boolean;
}

export class ZipArchive {
  readonly #file: OpenFile;
  readonly #invalid: InvalidFile;
  readonly #listed: ReadonlyMap<string, Listed>;

  private constructor(file: OpenFile, invalidFile: InvalidFile, listed: ReadonlyMap<string, Listed>) {
    this.#file = file;
    this.#invalid = invalidFile;
    this.#listed = listed;
  }

  /**
   * Reads the directory, which lists all entries. None may lie over another: all of them together are then no more than the file.
   * @throws what `invalidFile` makes
   */
  static async open(file: OpenFile, invalidFile: InvalidFile): Promise<ZipArchive> {
    const { offset, bytes } = await findDirectory(file, invalidFile);
    if (bytes > MAX_DIRECTORY_BYTES) {
      throw invalidFile(`its directory takes ${bytes} bytes; at most ${MAX_DIRECTORY_BYTES} are read`);
    }
    const listed = new Map<string, Listed>();
    for (const entry of readDirectory(await readPart(file, bytes, offset, invalidFile), invalidFile)) {
      if (listed.has(entry.name)) throw invalidFile(`two of its entries are called ${quote(entry.name)}`);
      listed.set(entry.name, entry);
      if (listed.size % TURN !== 0) continue;
      await new Promise(setImmediate);
      throwIfAborted(file.signal, `Reading ${file.path}`);
    }
    setLimits([...listed.values()], offset, invalidFile);
    return new ZipArchive(file, invalidFile, listed);
  }

  get names(): Iterable<string> {
    return this.#listed.keys();
  }

  /** Where an entry lies; `undefined` where there is none of that name. @throws what `invalidFile` makes */
  async find(name: string): Promise<ZipEntry | undefined> {
    const listed = this.#listed.get(name);
    if (!listed) return undefined;
    if (!listed.isPlain) throw this.#invalid(`its entry ${quote(name)} is compressed or encrypted`);
    const local = await readPart(this.#file, LOCAL.bytes, listed.header, this.#invalid);
    const offset = listed.header + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (local.readUInt32LE(0) !== LOCAL.signature || offset + listed.bytes > listed.limit) {
      throw this.#invalid(`its entry ${quote(name)} does not lie where its directory says`);
    }
    return { offset, bytes: listed.bytes, crc32: listed.crc32 };
  }
}

/** @throws what `invalidFile` makes for entries that overlap, or lie outside of the archive */
function setLimits(entries: Listed[], end: number, invalidFile: InvalidFile): void {
  let limit = end;
  for (const entry of entries.sort((a, b) => b.header - a.header)) {
    entry.limit = limit;
    if (entry.header + entry.extent > limit) {
      throw invalidFile(`its entry ${quote(entry.name)} overlaps the one behind it, or its directory`);
    }
    limit = entry.header;
  }
}

async function readPart(
  file: OpenFile,
  bytes: number,
  offset: number,
  invalidFile: InvalidFile,
): Promise<Buffer> {
  if (offset + bytes > file.size) throw invalidFile('what its directory refers to lies outside of it');
  const part = await file.read(bytes, offset);
  if (!part) throw invalidFile('it was cut short while being read');
  return part;
}

async function findDirectory(
  file: OpenFile,
  invalidFile: InvalidFile,
): Promise<{ offset: number; bytes: number }> {
  const tailBytes = Math.min(file.size, END.bytes + MAX_COMMENT_BYTES);
  const tailStart = file.size - tailBytes;
  const tail = await readPart(file, tailBytes, tailStart, invalidFile);
  const at = endRecordIn(tail);
  if (at === null) throw invalidFile('it has no ZIP directory, so it is truncated');
  const offset = tail.readUInt32LE(at + 16);
  const bytes = tail.readUInt32LE(at + 12);
  if (offset !== IN_EXTRA && bytes !== IN_EXTRA) return { offset, bytes };

  const locatorAt = Math.max(0, tailStart + at - LOCATOR64.bytes);
  const locator = await readPart(file, LOCATOR64.bytes, locatorAt, invalidFile);
  const end = await readPart(file, END64.bytes, toNumber(locator.readBigUInt64LE(8)), invalidFile);
  if (locator.readUInt32LE(0) !== LOCATOR64.signature || end.readUInt32LE(0) !== END64.signature) {
    throw invalidFile('its ZIP directory is damaged');
  }
  return { offset: toNumber(end.readBigUInt64LE(48)), bytes: toNumber(end.readBigUInt64LE(40)) };
}

/** The record that ends the file: the one whose comment reaches to the end exactly. */
function endRecordIn(tail: Buffer): number | null {
  for (let at = tail.length - END.bytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END.signature) continue;
    if (at + END.bytes + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return null;
}

function* readDirectory(directory: Buffer, invalidFile: InvalidFile): Generator<Listed> {
  for (let at = 0; at < directory.length; ) {
    const fixed = directory.subarray(at, at + CENTRAL.bytes);
    if (fixed.length < CENTRAL.bytes || fixed.readUInt32LE(0) !== CENTRAL.signature) {
      throw invalidFile('its ZIP directory is damaged');
    }
    const nameBytes = fixed.readUInt16LE(28);
    const nameEnd = at + CENTRAL.bytes + nameBytes;
    const extraEnd = nameEnd + fixed.readUInt16LE(30);
    const wide = new WideFields(directory.subarray(nameEnd, extraEnd));
    const stored = wide.pick(fixed.readUInt32LE(24));
    const packed = wide.pick(fixed.readUInt32LE(20));
    const header = wide.pick(fixed.readUInt32LE(42));
    if (stored === null || packed === null || header === null)
      throw invalidFile('its ZIP directory is damaged');
    const isEncrypted = (fixed.readUInt16LE(8) & 1) !== 0;
    const isCompressed = fixed.readUInt16LE(10) !== 0 || stored !== packed;
    yield {
      name: directory.toString('utf8', at + CENTRAL.bytes, nameEnd),
      header,
      limit: 0,
      bytes: stored,
      extent: LOCAL.bytes + nameBytes + packed,
      crc32: fixed.readUInt32LE(16),
      isPlain: !isEncrypted && !isCompressed,
    };
    at = extraEnd + fixed.readUInt16LE(32);
  }
}

/** The 64-bit numbers of an entry's extra fields, in the order in which the 32-bit ones ask for them. */
class WideFields {
  #left: Buffer;

  constructor(extra: Buffer) {
    this.#left = Buffer.alloc(0);
    for (let at = 0; at + 4 <= extra.length; ) {
      const end = at + 4 + extra.readUInt16LE(at + 2);
      if (extra.readUInt16LE(at) === EXTRA64) this.#left = extra.subarray(at + 4, end);
      at = end;
    }
  }

  /** The number itself, or the next wide one where it refers to that; null where that is missing. */
  pick(narrow: number): number | null {
    if (narrow !== IN_EXTRA) return narrow;
    if (this.#left.length < 8) return null;
    const value = toNumber(this.#left.readBigUInt64LE());
    this.#left = this.#left.subarray(8);
    return value;
  }
}

/** What is beyond exact numbers is beyond every file, too. */
const toNumber = (value: bigint): number => Number(value);
