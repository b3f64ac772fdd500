/** Headers of safetensors files, and other JSON that files hold, with everything at its extremes: depth, lengths, numbers, names, offsets. */
import type { Dice } from './dice.js';

const NUMBERS = [
  ...[
    '0',
    '1',
    '2',
    '4',
    '8',
    '-0',
    '-1',
    '1.0',
    '1e2',
    '1e400',
    '-1e400',
    '0.1',
    '4294967295',
    '4294967296',
  ],
  ...[
    '9007199254740991',
    '9007199254740992',
    '18446744073709551616',
    '1e-400',
    '00',
    '+1',
    'NaN',
    'Infinity',
  ],
];
const TEXTS = [
  ...['"F32"', '"F16"', '"I64"', '"U64"', '"F8_E4M3"', '"f32"', '"dtype"', '"shape"', '"data_offsets"', '""'],
  ...[
    '"__metadata__"',
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"fc.weight"',
    '"\\ud800"',
    '"\\u0000"',
  ],
  ...['"length"', '"4294967294"', '"0"', '"googlenet"', '"crc32"', '"checksum"', '"\u{1f600}"', '"a\nb"'],
];

/** Any JSON; one value in many is none. */
export function json(dice: Dice, depth = 0): string {
  const kind = dice.below(depth > 5 ? 4 : 10);
  if (kind < 2) return dice.pick(NUMBERS);
  if (kind === 2) return dice.pick(TEXTS);
  if (kind === 3)
    return dice.pick(['null', 'true', 'false', '[]', '{}', ...(dice.once(50) ? ['', ',', '{', ']'] : [])]);
  const items = Array.from({ length: dice.size(5) }, () => json(dice, depth + 1));
  if (kind < 7) return `[${items}]`;
  return `{${items.map((item) => `${dice.pick(TEXTS)}:${item}`)}}`;
}

/** JSON of much in few bytes. */
export const LARGE: readonly ((dice: Dice, bytes: number) => string)[] = [
  (_, bytes) => `${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}`,
  (_, bytes) => `${'{"":'.repeat(bytes / 5)}0${'}'.repeat(bytes / 5)}`,
  (_, bytes) => '['.repeat(bytes),
  (dice, bytes) =>
    `[${`${dice.pick(['[]', '{}', '""', '0', '-0', '1.5', 'null', '{"a":0}', '[[]]', '"ab"'])},`.repeat(bytes / 3)}0]`,
  (_, bytes) => `{${Array.from({ length: Math.floor(bytes / 12) }, (_, i) => `"${i.toString(36)}":0`)}}`,
  (_, bytes) => `{${Array.from({ length: Math.floor(bytes / 14) }, (_, i) => `"${i * 4099}":0`)}}`,
  (_, bytes) => `[${Array.from({ length: Math.floor(bytes / 14) }, (_, i) => `{"${i.toString(36)}":0}`)}]`,
  (_, bytes) => `[${Array.from({ length: Math.floor(bytes / 18) }, (_, i) => `{"${i * 4099}":0}`)}]`,
  (_, bytes) => `{${'"a":0,'.repeat(bytes / 6)}"a":0}`,
  (dice, bytes) =>
    `"${dice.pick(['x', '\\u0000', '\\n', '\\ud83d\\ude00', 'é', '\\"', ' '])}${'x'.repeat(bytes)}"`,
  (dice, bytes) =>
    `"${dice.pick(['\\u0000', '\\n', '\\ud83d\\ude00', 'é', '\u{1f600}']).repeat(bytes / 12)}"`,
  (dice, bytes) => dice.pick(['1', '9', '0.', '-', '1e']) + dice.pick(['1', '0', '9']).repeat(bytes),
];

/** With room for what is around it. */
const large = (dice: Dice, bytes: number): string => dice.pick(LARGE)(dice, Math.max(0, bytes - 200));

const tensor = (offset: number, bytes: number, dtype = 'F32'): string =>
  `{"dtype":"${dtype}","shape":[${bytes / 4}],"data_offsets":[${offset},${offset + bytes}]}`;

/** Eight bytes of length, a header, and what follows it. */
export function safetensorsOf(header: string, dataBytes: number, declared?: bigint): Buffer {
  const text = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(declared ?? BigInt(text.length));
  return Buffer.concat([prefix, text, Buffer.alloc(dataBytes, 7)]);
}

export type Header = (dice: Dice, bytes: number) => Buffer;

/** A value where one of a sound header would be. */
const POSITIONS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => `{"w":${value}}`,
  (value) => `{"w":{"dtype":${value},"shape":[2],"data_offsets":[0,8]}}`,
  (value) => `{"w":{"dtype":"F32","shape":${value},"data_offsets":[0,8]}}`,
  (value) => `{"w":{"dtype":"F32","shape":[${value}],"data_offsets":[0,8]}}`,
  (value) => `{"w":{"dtype":"F32","shape":[2],"data_offsets":${value}}}`,
  (value) => `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,${value}]}}`,
  (value) => `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":${value}}}`,
  (value) => `{"__metadata__":${value},"w":${tensor(0, 8)}}`,
  (value) => `{"__metadata__":{"a":${value}},"w":${tensor(0, 8)}}`,
];

export const HEADERS: Readonly<Record<string, Header>> = {
  'any JSON': (dice) => safetensorsOf(`{"w":${tensor(0, 8)},${dice.pick(TEXTS)}:${json(dice)}}`, 8),
  'any JSON where a value belongs': (dice) => safetensorsOf(dice.pick(POSITIONS)(json(dice)), 8),
  'a large value where one belongs': (dice, bytes) =>
    safetensorsOf(dice.pick(POSITIONS)(large(dice, bytes)), 8),
  'a header of many megabytes': (dice, bytes) =>
    safetensorsOf(dice.pick(POSITIONS)(`[${'[],'.repeat(4 * bytes)}0]`), 8),
  'many tensors': (dice, bytes) => {
    const count = Math.ceil(bytes / dice.pick([56, 70, 90]));
    const size = dice.pick([0, 4]);
    const dtype = dice.pick(['F32', 'F32', 'U64', 'I8']);
    const tensors = Array.from(
      { length: count },
      (_, i) => `"${i.toString(36)}":${tensor(i * size, size, dtype)}`,
    );
    return safetensorsOf(`{${tensors}}`, count * size);
  },
  'offsets and sizes at their ends': (dice) => {
    const number = () => (dice.once(3) ? dice.pick(NUMBERS) : String(dice.extreme()));
    const one = (i: number) => {
      const shape = Array.from({ length: dice.once(20) ? 300 : dice.below(4) }, number);
      return `"w${dice.once(10) ? 0 : i}":{"dtype":"${dice.pick(['F32', 'U8', 'C64'])}","shape":[${shape}],"data_offsets":[${number()},${number()}]}`;
    };
    return safetensorsOf(`{${Array.from({ length: dice.size(8) }, (_, i) => one(i))}}`, dice.size(64));
  },
  'tensors that overlap or leave holes': (dice) => {
    const count = dice.size(20);
    const one = (i: number) => `"w${i}":${tensor(Math.max(0, i * 8 + dice.pick([0, 0, 0, 0, 4, -4, 8])), 8)}`;
    return safetensorsOf(`{${Array.from({ length: count }, (_, i) => one(i))}}`, count * 8);
  },
  'lengths that are not the header’s': (dice, bytes) => {
    const lengths = [
      0n,
      1n,
      2n ** 20n,
      2n ** 20n + 1n,
      2n ** 32n,
      2n ** 53n,
      2n ** 63n,
      2n ** 64n - 1n,
      BigInt(bytes),
    ];
    return safetensorsOf(`{"w":${tensor(0, 8)}}${' '.repeat(dice.size(bytes))}`, 8, dice.pick(lengths));
  },
  'bytes that are no text': (dice, bytes) => {
    const file = safetensorsOf(`{"w":${tensor(0, 8)},"${'é'.repeat(dice.size(bytes / 2))}":{}}`, 8);
    for (let changes = dice.size(4); changes > 0; changes--)
      file[8 + dice.below(file.length - 8)] = dice.below(256);
    return file;
  },
  'metadata of many keys': (dice, bytes) => {
    const count = Math.ceil(bytes / 16);
    const text = dice.pick(['""', '"x"', '"crc32"']);
    const keys = Array.from(
      { length: count },
      (_, i) => `"${(i * dice.pick([1, 4099])).toString(dice.pick([10, 36]))}":${text}`,
    );
    return safetensorsOf(
      `{"__metadata__":{"checksum":"crc32","crc32":"00000000",${keys}},"w":${tensor(0, 8)}}`,
      8,
    );
  },
};

/** Texts for the index of several files. */
export const INDEXES: Readonly<Record<string, Header>> = {
  'any JSON': (dice) => Buffer.from(`{"metadata":${json(dice)},"weight_map":${json(dice)}}`),
  'a large value anywhere': (dice, bytes) => {
    const value = large(dice, bytes);
    const positions = [
      `{"weight_map":${value}}`,
      `{"weight_map":{"w":${value}}}`,
      `{"metadata":${value},"weight_map":{"w":"0.safetensors"}}`,
    ];
    return Buffer.from(dice.pick(positions));
  },
  'an index of many megabytes': (_, bytes) => Buffer.from(`{"metadata":[${'[],'.repeat(4 * bytes)}0]}`),
  'many names of files': (dice, bytes) => {
    const file = dice.pick([
      (_: number) => '0.safetensors',
      (i: number) => `${i % 300}.safetensors`,
      (i: number) => `${'x'.repeat(i % 300)}.safetensors`,
      (i: number) => `${'é'.repeat(i % 250)}.safetensors`,
      () =>
        dice.pick([
          '../0.safetensors',
          '/etc/passwd',
          '\\u0000.safetensors',
          '\\ud800.safetensors',
          '.safetensors',
          '',
        ]),
    ]);
    const count = Math.ceil(dice.size(bytes) / 30);
    return Buffer.from(
      `{"weight_map":{${Array.from({ length: count }, (_, i) => `"${i === 0 ? 'w' : i}":"${file(i)}"`)}}}`,
    );
  },
  'bytes that are no text': (dice, bytes) => {
    const file = Buffer.from(
      `{"weight_map":{"w":"0.safetensors"},"x":"${'é'.repeat(dice.size(bytes / 2))}"}`,
    );
    for (let changes = dice.size(4); changes > 0; changes--)
      file[1 + dice.below(file.length - 1)] = dice.below(256);
    return file;
  },
};
