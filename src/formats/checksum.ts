/**
 * A CRC-32 in the metadata of a safetensors file, over every byte of the file: the length, the header and the tensors. Its own
 * eight digits count as '0'. It finds what disks and copies do to a file, and is no protection against somebody who means harm.
 */
import { crc32 } from 'node:zlib';
import type { InvalidFile } from './invalid-file.js';
import type { OpenFile } from './open-files.js';

/**
 * What a file has in its metadata before its checksum is known. Two keys, because each says that the other must be there: damage to the
 * name of one cannot pass the file off as one that never had a checksum.
 */
export const CHECKSUM_PLACEHOLDER = { checksum: 'crc32', crc32: '00000000' } as const;

/** How the header of a file with a checksum begins: metadata is sorted, and these keys come first. */
const START = Buffer.from('{"__metadata__":{"checksum":"crc32","crc32":"');
const PREFIX_BYTES = 8;
const DIGITS_AT = PREFIX_BYTES + START.length;

/** Half a millisecond on the JS thread. */
const SLICE_BYTES = 2 ** 20;

const toHex = (crc: number): string => crc.toString(16).padStart(CHECKSUM_PLACEHOLDER.crc32.length, '0');

/**
 * Puts the checksum of a file into its header, in slices between which the event loop goes on.
 * @param header all that precedes the tensors' bytes, planned with the metadata {@link CHECKSUM_PLACEHOLDER}.
 * @param data must not change until the promise settles.
 */
export async function writeChecksum(header: Uint8Array, data: Uint8Array): Promise<void> {
  let crc = crc32(header);
  for (let at = 0; at < data.length; at += SLICE_BYTES) {
    await new Promise(setImmediate);
    crc = crc32(data.subarray(at, at + SLICE_BYTES), crc);
  }
  header.set(Buffer.from(toHex(crc)), DIGITS_AT);
}

/**
 * Compares a file with its checksum, where its metadata says that it has one; others hold nothing to compare with.
 * @param header all that precedes the tensors' bytes, as it was parsed.
 * @throws what `invalidFile` makes of the reason.
 */
export async function verifyChecksum(
  file: OpenFile,
  header: Uint8Array,
  metadata: Readonly<Record<string, string>>,
  invalidFile: InvalidFile,
): Promise<void> {
  const { checksum, crc32: expected } = metadata;
  if (checksum !== CHECKSUM_PLACEHOLDER.checksum && expected === undefined) return;

  const start = Buffer.from(header);
  if (!start.subarray(PREFIX_BYTES, DIGITS_AT).equals(START)) {
    throw invalidFile(`its checksum is not where this package writes it. ${FIX}`);
  }
  start.write(CHECKSUM_PLACEHOLDER.crc32, DIGITS_AT);
  let crc = crc32(start);
  const cutShort = () => invalidFile('it was cut short while being read');
  for await (const bytes of file.slices(start.length, file.size - start.length, cutShort)) {
    crc = crc32(bytes, crc);
  }
  if (toHex(crc) === expected) return;
  throw invalidFile(`its checksum does not match, so bytes of it changed after it was written. ${FIX}`);
}

const FIX =
  'Take another copy of it; a program that changes it on purpose has to leave checksum and crc32 out of the metadata';
