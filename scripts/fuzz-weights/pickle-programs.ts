/**
 * Pickles as somebody would write them who wants a small file to take much: programs for the machine in `src/formats/pth/unpickler.ts`.
 * Each gets the number of bytes that it may have, and returns code without protocol and STOP.
 */
import { dict, int32, longText, text } from '../../test/support/pickle-code.js';
import type { Dice } from './dice.js';
import { get, global, PickleWriter, put, rebuild, storage } from './pickle-writer.js';

export type Program = (dice: Dice, bytes: number) => string;

/** As often as it has room. */
const repeat = (code: string, bytes: number): string =>
  code.repeat(Math.max(0, Math.floor(bytes / code.length)));

const TENSOR = rebuild(`${storage('0', 'K\x02')}K\x00(K\x02t(K\x01t\x89}`);
/** A state_dict that is read. */
export const SOUND_PROGRAM = dict(text('w'), TENSOR);

const inStateDict = (value: string): string => dict(text('w'), TENSOR, text('v'), value);

/** A list of many pairs, all of them one, which memo 0 leads to. */
const manyPairs = (count: number): string => `]${put(0)}(NN\x86${put(1)}${get(1).repeat(count)}e`;

/** Rebuild functions that are called by one another: (rebuild, None, (rebuild, None, (), None), None) */
const calledWithin: Program = (_, bytes) => {
  const depth = Math.floor(bytes / 5);
  return `${global('torch._tensor._rebuild_from_type_v2')}${put(0)}${`(${get(0)}N`.repeat(depth + 1)})${'Nt'.repeat(depth + 1)}R`;
};

/** Fewer objects than are refused whatever they are. */
const DEEP_BYTES = 300_000;

/** Values that hold each other as deep as the bytes allow. */
const NESTED: readonly Program[] = [
  (_, bytes) => `N${repeat('\x85', bytes)}`,
  (_, bytes) => repeat(']', bytes / 2) + repeat('a', bytes / 2 - 1),
  (_, bytes) => `${repeat('}N', bytes / 2)}N${repeat('s', bytes / 3)}`,
  (_, bytes) => `${repeat('(', bytes / 2)}${repeat('t', bytes / 2)}`,
  (_, bytes) => `N${put(0)}${repeat(`${get(0)}\x86${put(0)}`, bytes)}`,
  calledWithin,
  (_, bytes) => {
    const call = global('torch._utils._rebuild_parameter');
    return `${call}${put(0)}${TENSOR}${put(1)}${repeat(`${get(0)}${get(1)}\x85R${put(1)}`, bytes)}`;
  },
];

/** Where the value of another program can stand. */
const POSITIONS: readonly ((value: string) => string)[] = [
  (value) => inStateDict(value),
  (value) => dict(value, TENSOR),
  (value) => dict(text('w'), rebuild(`${value}K\x00(K\x02t(K\x01t\x89}`)),
  (value) => dict(text('w'), rebuild(`${storage('0', value)}K\x00(K\x02t(K\x01t\x89}`)),
  (value) => dict(text('w'), rebuild(`${storage('0', 'K\x02')}K\x00(${value}t(K\x01t\x89}`)),
  (value) => dict(text('w'), rebuild(`${storage('0', 'K\x02')}K\x00${value}${value}\x89}`)),
  (value) => `${value}Q`,
  (value) => `${TENSOR}${value}b`,
  (value) => `${global('collections.OrderedDict')}${value}\x85R`,
  (value) => `${value}${value}\x93`,
];

/** A state_dict of as many as there is room for, all with the same sizes and strides, and with one storage or each with its own. */
function tensors(sizes: string, bytes: number, isShared: boolean): string {
  const head = `${global('torch._utils._rebuild_tensor_v2')}${put(0)}(${sizes}t${put(1)}${storage('0', 'K\x02')}${put(2)}`;
  const one = (i: number) => {
    const own = isShared ? get(2) : storage(String(i), 'K\x02');
    return `${text(`w${i}`)}${get(0)}(${own}K\x00${get(1)}${get(1)}\x89}tR`;
  };
  // Fewer objects than are refused whatever they are.
  const count = Math.min(90_000, Math.floor(bytes / (isShared ? 24 : 72)));
  return `${head}${dict(Array.from({ length: count }, (_, i) => one(i)).join(''))}`;
}

export const PROGRAMS: Readonly<Record<string, Program>> = {
  'values of every sort': (dice, bytes) => {
    const writer = new PickleWriter(dice, bytes);
    if (dice.once(2)) writer.value('dict');
    else {
      writer.emit('}(');
      for (let i = 0; i === 0 || !writer.isFull; i++) {
        writer.emit(text(`w${i}`));
        writer.value('tensor');
      }
      writer.emit('u');
    }
    return writer.code.join('');
  },
  'a deep value anywhere': (dice, bytes) =>
    dice.pick(POSITIONS)(dice.pick(NESTED)(dice, Math.min(bytes / 2, DEEP_BYTES))),
  'functions called within one another': (dice, bytes) =>
    inStateDict(calledWithin(dice, Math.min(bytes / 2, DEEP_BYTES))),
  'a list copied over and over': (dice, bytes) => {
    const ordered = global('collections.OrderedDict');
    const through = global('torch._tensor._rebuild_from_type_v2');
    const copies = [`${get(2)}${get(0)}\x85R`, `${get(3)}(${get(2)}N${get(0)}\x85}tR`];
    const functions = `${ordered}${put(2)}${through}${put(3)}`;
    return `${manyPairs(Math.min(100_000, Math.floor(bytes / 4)))}${functions}${repeat(dice.pick(copies), bytes / 2)}`;
  },
  'one value many times in a list, a dict or a tuple': (dice, bytes) => {
    const some = repeat(get(0), dice.size(Math.max(2, bytes / 8)));
    const holder = dice.pick([`](${some}e`, `}(${some}u`, `(${some}t`, `](${some}ee`, `(${some}t${put(0)}`]);
    return `N${put(0)}${repeat(holder, bytes - some.length)}`;
  },
  'values on the stack': (dice, bytes) => `N${repeat(dice.pick(['N', '(', 'N\x94', '\x94']), bytes)}`,
  'objects on the stack': (dice, bytes) => `N${repeat(dice.pick([']', '}', ')', '}NNs', 'N\x85']), bytes)}`,
  // The first value of a list takes memory for seventeen.
  'lists of one value in a list': (_, bytes) => `]${repeat(']Naa', bytes)}`,
  'objects in a list': (dice, bytes) => `]${repeat(dice.pick([']a', '}a', ')a', '}NNsa', 'N\x85a']), bytes)}`,
  'any instructions': (dice, bytes) => {
    const all = [
      'N',
      '\x88',
      '\x89',
      'K\x01',
      '}',
      ']',
      ')',
      '(',
      't',
      '\x85',
      '\x86',
      '\x87',
      'a',
      'e',
      's',
      'u',
    ];
    const more = [
      'q\0',
      'h\0',
      '\x94',
      'R',
      'b',
      'Q',
      '\x93',
      text('w'),
      TENSOR,
      global('torch.Size'),
      '\x80\x02',
    ];
    return Array.from({ length: Math.min(bytes, dice.size(3000)) }, () => dice.pick([...all, ...more])).join(
      '',
    );
  },
  'a memo of many and distant values': (dice, bytes) => {
    const far = () => put(dice.once(2) ? dice.below(400_000) : dice.extreme());
    const count = Math.floor(bytes / 5);
    const index = dice.pick([far, (i: number) => put(i), (i: number) => put(count - i), () => '\x94']);
    return `N${Array.from({ length: count }, (_, i) => index(i)).join('')}`;
  },
  'long texts, used again': (dice, bytes) => {
    const long = longText(dice.pick(['x', '\0', 'é', '"', '\u{1f600}']).repeat(Math.max(1, bytes / 16)));
    const uses = dice.pick([
      `](${repeat(get(0), bytes / 4)}e`,
      dict(repeat(get(0) + get(0), bytes / 4)),
      `${get(0)}\x93`,
      dict(get(0), TENSOR, get(0), TENSOR),
      dict(
        text('w'),
        rebuild(
          `(${text('storage')}${global('torch.FloatStorage')}${get(0)}${get(0)}K\x02tQK\x00(K\x02t(K\x01t\x89}`,
        ),
      ),
      repeat(`${get(0)}${text('f')}\x93`, bytes / 4),
    ]);
    return `${long}${put(0)}${uses}`;
  },
  'long lines': (dice, bytes) =>
    `c${'m'.repeat(bytes / 2)}\n${'n'.repeat(bytes / 2)}${dice.once(2) ? '\n' : ''}`,
  'many tensors': (dice, bytes) => {
    const size = dice.pick(['K\x00', 'K\x01', int32(2 ** 31 - 1), 'M\xff\xff', int32(-1), 'N']);
    return tensors(size.repeat(dice.pick([0, 1, 2, 64, 65])), bytes, dice.once(2));
  },
  'many tensors of many dimensions': (_, bytes) => tensors('K\x01'.repeat(64), bytes, true),
  'many storages': (_, bytes) => {
    const count = Math.floor(bytes / 24);
    const head = `${text('storage')}${put(0)}${global('torch.FloatStorage')}${put(1)}`;
    const one = (i: number) => `(${get(0)}${get(1)}${text(i.toString(36))}NK\x02tQ`;
    return `${head}](${Array.from({ length: count }, (_, i) => one(i)).join('')}e`;
  },
  'calls of every function': (dice, bytes) => {
    const names = ['collections.Counter', 'torch.device', '_codecs.encode', 'torch.Size', 'builtins.set'];
    const args = dice.pick([')', `${get(1)}\x85`, `${get(1)}${get(1)}\x86`, `(${get(1).repeat(200)}t`]);
    const call = `${get(0)}${args}R`;
    return `${global(dice.pick(names))}${put(0)}${dice.pick([')', '}', ']', 'N'])}${put(1)}](${repeat(call, bytes)}e`;
  },
  'state_dicts in one another': (dice, bytes) => {
    const keys = ['state_dict', 'model_state_dict', 'model', 'w'].map(text);
    // A dict that holds itself, under one key or a thousand.
    if (dice.once(2)) return `}${put(0)}(${repeat(dice.pick(keys) + get(0), bytes)}${text('w')}${TENSOR}u`;
    const depth = Math.floor(bytes / 20);
    return `${`}${dice.pick(keys)}`.repeat(depth)}${TENSOR}${'s'.repeat(depth)}`;
  },
  'attributes of dicts': (dice, bytes) => `}${repeat(dice.pick(['Nb', '}b', '}}bb', `${TENSOR}b`]), bytes)}`,
  'numbers of every length': (dice, bytes) => {
    const long = (length: number) =>
      `\x8a${String.fromCharCode(length)}${dice.pick(['\x7f', '\xff', '\0']).repeat(length)}`;
    return inStateDict(`](${repeat(long(dice.below(256)), bytes)}e`);
  },
  'frames and protocols': (dice, bytes) => {
    const frame = `\x95${dice.pick(['\xff', '\0', '\x7f']).repeat(8)}`;
    return `${repeat(dice.pick(['\x80\x02', '\x80\xff', frame]), bytes)}${inStateDict('N')}`;
  },
  'lists that hold themselves': (dice, bytes) => {
    const list = `]${put(0)}(${repeat(get(0), bytes / 2)}e`;
    return dice.pick([...POSITIONS, (value: string) => `${value}${repeat(`${get(0)}a`, bytes / 2)}`])(list);
  },
};
