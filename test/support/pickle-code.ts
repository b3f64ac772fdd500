/** Pickles written as instructions, one character a byte, and files around them. */
import { zipParts } from '../../src/formats/pth/zip-writer.js';

export const text = (value: string): string => `U${String.fromCharCode(value.length)}${value}`;

/** BININT */
export function int32(value: number): string {
  const bytes = Buffer.alloc(5, 'J');
  bytes.writeInt32LE(value, 1);
  return bytes.toString('latin1');
}

/** BINUNICODE */
export function longText(value: string): string {
  const bytes = Buffer.alloc(5, 'X');
  bytes.writeUInt32LE(Buffer.byteLength(value), 1);
  return bytes.toString('latin1') + Buffer.from(value).toString('latin1');
}

export const dict = (...items: string[]): string => `}(${items.join('')}u`;

const TWO_FLOATS = `(${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x02tQ`;

/** A tensor over two floats, `offset`, `shape` and `strides` as instructions. */
export const tensor = (
  offset = 'K\x00',
  shape = '(K\x02t',
  strides = '(K\x01t',
  storage = TWO_FLOATS,
): string => `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${offset}${shape}${strides}\x89}tR`;

/** Between protocol and STOP. */
export const pickleOf = (code: string): Buffer => Buffer.from(`\x80\x02${code}.`, 'latin1');

/** The archive of a pickle; its storage 0 has eight bytes. */
export const pthOf = async (code: string): Promise<Buffer> =>
  Buffer.concat(
    await zipParts([
      { name: 'a/data.pkl', content: pickleOf(code) },
      { name: 'a/data/0', content: Buffer.alloc(8) },
    ]),
  );
