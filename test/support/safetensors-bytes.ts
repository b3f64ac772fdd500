import { crc32 } from 'node:zlib';

/** A safetensors file put together by hand, so that tests can break any part of it. */
export function safetensorsBytes(header: unknown, data: Uint8Array = new Uint8Array()): Buffer {
  const text = Buffer.isBuffer(header)
    ? header
    : Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([prefix, text, data]);
}

/** A file of this package with the checksum that its bytes have now, so that tests can change what it says. */
export function withNewChecksum(bytes: Buffer): Buffer {
  const zeros = '00000000';
  const digits = bytes.indexOf('"crc32":"') + '"crc32":"'.length;
  const result = Buffer.from(bytes);
  result.write(zeros, digits);
  result.write(crc32(result).toString(16).padStart(zeros.length, '0'), digits);
  return result;
}
