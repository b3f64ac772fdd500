/** Files of the idx format, plain and compressed, whose sizes, lengths and streams are not what they say. */
import { gzipSync } from 'node:zlib';
import { idxFile } from '../../test/support/idx.js';
import type { Dice } from './dice.js';

const MAGIC = [0, 0x0801, 0x0802, 0x0803, 0x0804, 0x08ff, 0x0903, 0x0d03, 0x1f8b0800, 0xffffffff];

export type IdxFile = (dice: Dice, bytes: number) => Buffer;

const header = (dice: Dice): number[] =>
  Array.from({ length: dice.once(5) ? dice.below(6) : 3 }, () => dice.extreme());

const sound = (dice: Dice, bytes: number): Buffer => {
  const [height, width] = [dice.below(30), dice.below(30)];
  const count = Math.floor(bytes / Math.max(1, height * width));
  return idxFile([count, height, width], new Uint8Array(count * height * width));
};

export const IDX_FILES: Readonly<Record<string, IdxFile>> = {
  'sizes at their ends': (dice, bytes) => idxFile(header(dice), new Uint8Array(dice.size(bytes))),
  'any magic number': (dice, bytes) =>
    idxFile(header(dice), new Uint8Array(dice.size(bytes)), dice.pick(MAGIC)),
  'more or fewer bytes than the sizes': (dice, bytes) => {
    const file = sound(dice, bytes);
    return dice.once(2)
      ? file.subarray(0, dice.below(file.length + 1))
      : Buffer.concat([file, Buffer.alloc(dice.size(bytes))]);
  },
  'compressed sizes at their ends': (dice, bytes) =>
    gzipSync(idxFile(header(dice), new Uint8Array(dice.size(bytes)))),
  'a compressed file that was damaged': (dice, bytes) => {
    const file = gzipSync(sound(dice, bytes));
    for (let changes = dice.below(3); changes > 0; changes--) file[dice.below(file.length)] = dice.below(256);
    return file.subarray(0, dice.once(2) ? dice.below(file.length + 1) : file.length);
  },
  'several streams in one file': (dice, bytes) => {
    const parts = Array.from({ length: dice.size(50) }, () => gzipSync(Buffer.alloc(dice.size(100))));
    const tail = dice.pick([Buffer.alloc(0), Buffer.alloc(dice.size(bytes)), Buffer.from('x')]);
    return Buffer.concat([gzipSync(sound(dice, bytes)), ...parts, tail]);
  },
  // Data beyond its sizes must not be unpacked: it could be a thousand times as much.
  'a small file in front of much compressed data': (dice, bytes) =>
    Buffer.concat([gzipSync(idxFile([1, 1, 1], [0])), ...Array(dice.size(200)).fill(zeros(bytes))]),
};

const made = new Map<number, Buffer>();
/** Ten times as many zeros, compressed. */
function zeros(bytes: number): Buffer {
  const size = 10 * 2 ** Math.floor(Math.log2(bytes));
  const known = made.get(size) ?? gzipSync(Buffer.alloc(size));
  made.set(size, known);
  return known;
}
