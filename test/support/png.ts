import { crc32, deflateSync } from 'node:zlib';

export const GRAY = 0;
export const RGB = 2;
export const PALETTE = 3;
export const GRAY_ALPHA = 4;
export const RGBA = 6;

export interface PngOptions {
  width: number;
  height: number;
  /** Bits a channel. */
  depth: number;
  color: number;
  /** The rows as the format packs them, without filter bytes. */
  rows: Uint8Array[];
  /** Chunks between the header and the pixels, such as PLTE and tRNS. */
  chunks?: [type: string, data: Uint8Array][];
}

/** A PNG file put together by hand: every color type and depth, with pixels that are known by construction. */
export function png({ width, height, depth, color, rows, chunks = [] }: PngOptions): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, color], 8);
  const pixels = deflateSync(Buffer.concat(rows.map((row) => Buffer.concat([Buffer.of(0), row]))));
  const all: [string, Uint8Array][] = [
    ['IHDR', header],
    ...chunks,
    ['IDAT', pixels],
    ['IEND', Buffer.alloc(0)],
  ];
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    ...all.map(([type, data]) => chunk(type, data)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}
