import type { InvalidFile } from '../invalid-file.js';

/** The bytes of a pickle, read forwards. */
export class PickleReader {
  constructor(
    readonly all: Buffer,
    public position: number,
    readonly invalidFile: InvalidFile,
  ) {}

  bytes(length: number): Buffer {
    const end = this.position + length;
    if (end > this.all.length) throw this.invalidFile('its pickle ends amid an instruction');
    const part = this.all.subarray(this.position, end);
    this.position = end;
    return part;
  }

  uint(length: number): number {
    return this.bytes(length).readUIntLE(0, length);
  }

  text(length: number): string {
    return this.bytes(length).toString('utf8');
  }

  line(): string {
    const end = this.all.indexOf(0x0a, this.position);
    if (end < 0) throw this.invalidFile('its pickle ends amid a line');
    const text = this.text(end - this.position);
    this.position++;
    return text;
  }

  /** Two's complement, little-endian; a number where that is exact. */
  integer(length: number): number | bigint {
    const digits = Buffer.from(this.bytes(length)).reverse().toString('hex');
    const value = BigInt.asIntN(8 * length, BigInt(`0x0${digits}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
}
