/** The idx format of MNIST: a magic number, sizes as big-endian 32-bit numbers, then bytes; as it is or compressed with gzip. */
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { openRegularFile } from '../core/files/regular-file.js';
import { numberOfElements } from '../core/validation.js';
import { KIND_BYTES, kindOf } from './file-kind.js';

export interface Idx {
  readonly sizes: readonly number[];
  /** `sizes` multiplied bytes, row by row. */
  readonly data: Uint8Array;
}

/** Element type of unsigned bytes, in the third byte of the magic number; the fourth is the number of sizes. */
const UNSIGNED_BYTES = 0x0800;
/** 60,000 images of 28 × 28 are 47 MB; nobody puts more than this into one such file. */
const MAX_BYTES = 2 ** 32;
/** Copied in one go on the JS thread. */
const CHUNK_BYTES = 2 ** 18;
/** Deflate makes at most 1032 bytes of one. */
const MAX_RATIO = 1032;

/**
 * Reads a whole file. Memory is bounded by what its header claims, which is believed only as far as the size of the file allows.
 * @param dimensions how many sizes it must have.
 * @throws GoogLeNetError `INVALID_DATASET` for anything malformed, `FILE_NOT_FOUND`, `FILE_ERROR`, `OUT_OF_MEMORY`.
 */
export async function readIdx(path: string, dimensions: number): Promise<Idx> {
  const invalidFile = (what: string) =>
    new GoogLeNetError('INVALID_DATASET', `${path} is not a valid idx file: ${what}.`);
  const handle = await openRegularFile(path);
  try {
    return await readOpen(handle, dimensions, invalidFile);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) throw invalidFile(`its compressed data is broken (${message})`);
    throw fromFileError(error, 'read', path);
  } finally {
    await handle.close();
  }
}

async function readOpen(
  handle: FileHandle,
  dimensions: number,
  invalidFile: (what: string) => GoogLeNetError,
): Promise<Idx> {
  const { bytes, gzip } = await look(handle);
  const target = new IdxTarget(dimensions, gzip ? bytes * MAX_RATIO : bytes, invalidFile);
  const file = handle.createReadStream({ start: 0, highWaterMark: CHUNK_BYTES });
  // Whatever fails comes out of the loop; the callback is for what would be reported a second time.
  const unpacked = () => pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined);
  for await (const chunk of gzip ? unpacked() : file) target.write(chunk);
  return target.end();
}

async function look(file: FileHandle): Promise<{ bytes: number; gzip: boolean }> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return { bytes: (await file.stat()).size, gzip: bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b };
}

/** Takes the bytes of a file as they come, and refuses the first that does not belong. */
class IdxTarget {
  readonly #dimensions: number;
  readonly #mostBytes: number;
  readonly #invalidFile: (what: string) => GoogLeNetError;
  readonly #header: Buffer;
  /** How the data begins, which says what it is where it is no idx file. */
  #start: Buffer = Buffer.alloc(0);
  #headerBytes = 0;
  #sizes: number[] = [];
  #data: Uint8Array | null = null;
  #filled = 0;

  constructor(dimensions: number, mostBytes: number, invalidFile: (what: string) => GoogLeNetError) {
    this.#dimensions = dimensions;
    this.#mostBytes = mostBytes;
    this.#invalidFile = invalidFile;
    this.#header = Buffer.alloc(4 * (1 + dimensions));
  }

  write(chunk: Uint8Array): void {
    if (this.#headerBytes === 0) this.#start = Buffer.from(chunk.subarray(0, KIND_BYTES));
    const missing = this.#header.length - this.#headerBytes;
    if (missing > 0) {
      const part = chunk.subarray(0, missing);
      this.#header.set(part, this.#headerBytes);
      this.#headerBytes += part.length;
      if (this.#headerBytes === this.#header.length) this.#data = this.#allocate();
    }
    const rest = chunk.subarray(Math.max(0, missing));
    if (rest.length === 0 || !this.#data) return;
    if (this.#filled + rest.length > this.#data.length)
      throw this.#invalidFile(`more follows the ${this.#data.length} bytes of its sizes [${this.#sizes}]`);
    this.#data.set(rest, this.#filled);
    this.#filled += rest.length;
  }

  /** Where it does not even begin as an idx file. */
  get #otherKind(): string | undefined {
    const isIdx = this.#start[0] === 0 && this.#start[1] === 0;
    return isIdx ? undefined : kindOf(this.#start);
  }

  end(): Idx {
    if (!this.#data) {
      throw this.#invalidFile(this.#otherKind ?? `its ${this.#headerBytes} bytes are too few for a header`);
    }
    if (this.#filled === this.#data.length) return { sizes: this.#sizes, data: this.#data };
    const claim = `${this.#data.length} bytes by its sizes [${this.#sizes}]`;
    throw this.#invalidFile(`it has ${this.#filled} of ${claim}`);
  }

  #allocate(): Uint8Array {
    const expected = UNSIGNED_BYTES + this.#dimensions;
    const magic = this.#header.readUInt32BE();
    if (magic !== expected) {
      if (this.#otherKind !== undefined) throw this.#invalidFile(this.#otherKind);
      const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;
      throw this.#invalidFile(`its magic number is ${hex(magic)}, expected ${hex(expected)}`);
    }
    this.#sizes = Array.from({ length: this.#dimensions }, (_, i) => this.#header.readUInt32BE(4 * (i + 1)));
    const bytes = numberOfElements(this.#sizes);
    if (bytes > MAX_BYTES || bytes > this.#mostBytes)
      throw this.#invalidFile(`its sizes [${this.#sizes}] take more bytes than it can have`);
    try {
      return new Uint8Array(bytes);
    } catch (cause) {
      const message = `The host has no ${bytes} bytes left for the data of an idx file.`;
      throw new GoogLeNetError('OUT_OF_MEMORY', message, { cause });
    }
  }
}
