/** Writes pickles that are programs: values of every sort, nested, and used again through the memo, mostly where they belong. */
import { int32, longText, text } from '../../test/support/pickle-code.js';
import type { Dice } from './dice.js';

export const global = (name: string): string => {
  const dot = name.lastIndexOf('.');
  return `c${name.slice(0, dot)}\n${name.slice(dot + 1)}\n`;
};

/** BINGET or LONG_BINGET, and their counterparts that store. */
export const get = (index: number): string => indexed(index, 'h', 'j');
export const put = (index: number): string => indexed(index, 'q', 'r');

const indexed = (index: number, short: string, long: string): string =>
  index < 256 ? short + String.fromCharCode(index) : long + int32(index | 0).slice(1);

/** BINPERSID of a storage of `length` floats. */
export const storage = (key: string, length: string, type = 'FloatStorage'): string =>
  `(${text('storage')}${global(`torch.${type}`)}${text(key)}${text('cpu')}${length}tQ`;

export const rebuild = (parts: string): string => `${global('torch._utils._rebuild_tensor_v2')}(${parts}tR`;

type Sort =
  | 'number'
  | 'text'
  | 'list'
  | 'pairs'
  | 'tuple'
  | 'sizes'
  | 'dict'
  | 'function'
  | 'storage'
  | 'tensor';
const SORTS: readonly Sort[] = [
  ...(['number', 'text', 'list', 'pairs', 'tuple'] as const),
  ...(['sizes', 'dict', 'function', 'storage', 'tensor'] as const),
];

const FUNCTIONS = [
  ...['collections.OrderedDict', 'collections.Counter', 'torch.Size', 'torch.device', 'builtins.set'],
  ...['_codecs.encode', 'builtins.complex', 'torch.float32', 'torch.FloatStorage', 'torch.UntypedStorage'],
  ...['torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_tensor_v3'],
  ...['torch._utils._rebuild_parameter', 'torch._utils._rebuild_parameter_with_state'],
  ...['torch._tensor._rebuild_from_type_v2', 'torch._utils._rebuild_sparse_tensor'],
];

const NUMBERS = [
  ...['N', '\x88', '\x89', 'K\x00', 'K\x01', 'K\x02', 'K\xff', 'M\xff\xff', int32(2 ** 31 - 1), int32(-1)],
  ...['\x8a\x00', '\x8a\x01\x80', `\x8a\x08${'\xff'.repeat(7)}\x7f`, `\x8a\x08${'\x00'.repeat(7)}\x80`],
  ...[
    `\x8a\xff${'\x7f'.repeat(255)}`,
    'G\x7f\xf0\0\0\0\0\0\0',
    'G\x7f\xf8\0\0\0\0\0\0',
    'G\x40\0\0\0\0\0\0\0',
  ],
];

/** Instructions that no reader of state_dicts knows, among them those that run programs. */
const UNKNOWN = [
  'i',
  'o',
  '\x81',
  '\x92',
  '2',
  '0',
  '1',
  'd',
  'l',
  'p',
  'g',
  'I',
  'S',
  '\x96',
  '\x8f',
  '\xff',
];

export class PickleWriter {
  readonly code: string[] = [];
  /** By sort, the indices of the memo under which such values are. */
  readonly #memo = new Map<Sort, number[]>();
  #memoized = 0;
  #left: number;

  constructor(
    readonly dice: Dice,
    bytes: number,
  ) {
    this.#left = bytes;
  }

  get isFull(): boolean {
    return this.#left <= 0;
  }

  emit(code: string): void {
    this.code.push(code);
    this.#left -= code.length;
  }

  /** Puts a value of a sort on the stack; now and then one of another, one that was there before, or one too many. */
  value(wanted: Sort, depth = 0): void {
    const { dice } = this;
    const sort = dice.once(60) ? dice.pick(SORTS) : wanted;
    if (dice.once(400)) this.emit(dice.pick(UNKNOWN));
    const known = this.#memo.get(sort);
    if (known && dice.once(depth > 6 || this.isFull ? 1 : 4)) {
      this.emit(get(dice.pick(known)));
      return;
    }
    this[sort](depth);
    if (dice.once(3)) this.memoize(sort);
    if (sort === 'dict' && dice.once(20)) this.build(depth);
  }

  memoize(sort: Sort): void {
    const index = this.#memoized++;
    const known = this.#memo.get(sort) ?? [];
    known.push(index);
    this.#memo.set(sort, known);
    this.emit(this.dice.once(3) ? '\x94' : put(index));
  }

  any(depth: number): void {
    this.value(
      depth > 6 || this.isFull ? this.dice.pick(['number', 'text']) : this.dice.pick(SORTS),
      depth + 1,
    );
  }

  many(depth: number, item: () => void): void {
    for (let left = this.isFull ? 0 : this.dice.size(depth > 3 ? 4 : 60) - 1; left > 0; left--) item();
  }

  build(depth: number): void {
    this.any(depth);
    this.emit('b');
  }

  number(): void {
    this.emit(this.dice.pick(NUMBERS));
  }

  text(): void {
    const { dice } = this;
    const long = dice.once(100) && !this.isFull ? 'x'.repeat(dice.size(100_000)) : '';
    const value =
      dice.pick(['', 'w', 'fc.weight', '0', '1', 'state_dict', 'model', 'é\0', String(dice.below(1000))]) +
      long;
    if (value.length > 255) {
      this.emit(longText(value));
      return;
    }
    const bytes = Buffer.from(value).toString('latin1');
    this.emit(dice.pick(['U', '\x8c']) + String.fromCharCode(bytes.length) + bytes);
  }

  list(depth: number): void {
    this.emit(']');
    if (this.dice.once(3)) {
      this.any(depth);
      this.emit('a');
      return;
    }
    this.emit('(');
    this.many(depth, () => this.any(depth));
    this.emit('e');
  }

  pairs(depth: number): void {
    this.emit('](');
    this.many(depth, () => {
      this.value('text', depth + 1);
      this.any(depth);
      this.emit('\x86');
    });
    this.emit('e');
  }

  tuple(depth: number): void {
    const length = this.dice.below(5);
    if (length === 4) this.emit('(');
    if (length === 0) {
      this.emit(')');
      return;
    }
    for (let i = 0; i < length; i++) this.any(depth);
    this.emit(['', '\x85', '\x86', '\x87', 't'][length] ?? '');
  }

  sizes(): void {
    const { dice } = this;
    const length = dice.once(10) ? dice.below(70) : dice.below(3);
    this.emit('(');
    for (let i = 0; i < length; i++)
      this.emit(dice.once(8) ? dice.pick(NUMBERS) : `K${String.fromCharCode(dice.below(3))}`);
    this.emit('t');
  }

  dict(depth: number): void {
    const { dice } = this;
    if (dice.once(3)) {
      this.emit(global('collections.OrderedDict'));
      if (dice.once(2)) this.emit(')');
      else {
        this.value('pairs', depth + 1);
        this.emit('\x85');
      }
      this.emit('R');
    } else this.emit('}');
    this.emit('(');
    this.many(depth, () => {
      this.value('text', depth + 1);
      if (dice.once(3)) this.any(depth);
      else this.value('tensor', depth + 1);
    });
    this.emit('u');
  }

  function(): void {
    const { dice } = this;
    const name = dice.once(50) ? 'os.system' : dice.pick(FUNCTIONS);
    if (!dice.once(4)) {
      this.emit(global(name));
      return;
    }
    const dot = name.lastIndexOf('.');
    this.emit(`${text(name.slice(0, dot))}${text(name.slice(dot + 1))}\x93`);
  }

  storage(): void {
    const { dice } = this;
    if (dice.once(20)) {
      this.emit(`${dice.pick(NUMBERS)}Q`);
      return;
    }
    const types = [
      'FloatStorage',
      'FloatStorage',
      'HalfStorage',
      'ByteStorage',
      'LongStorage',
      'QInt8Storage',
    ];
    const length = dice.once(8) ? dice.pick(NUMBERS) : 'K\x02';
    const whole = storage(String(dice.below(3)), length, dice.pick(types));
    this.emit(dice.once(10) ? whole.replace(/tQ$/, `(${text('view')}K\x00K\x01ttQ`) : whole);
  }

  tensor(depth: number): void {
    const { dice } = this;
    const kind = dice.below(8);
    if (kind < 6) {
      this.emit(`${global(dice.pick(['torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_tensor']))}(`);
      this.value('storage', depth + 1);
      this.emit(dice.once(6) ? dice.pick(NUMBERS) : 'K\x00');
      this.value('sizes', depth + 1);
      this.value('sizes', depth + 1);
      this.emit('\x89}tR');
      return;
    }
    if (kind === 6) this.emit(`${global('torch._utils._rebuild_parameter')}(`);
    else {
      this.emit(`${global('torch._tensor._rebuild_from_type_v2')}(`);
      this.value('function', depth + 1);
      this.emit('N(');
    }
    if (depth > 6) this.emit('N');
    else this.value(kind === 6 ? 'tensor' : 'storage', depth + 1);
    this.emit(kind === 6 ? '\x89}tR' : 'K\x00(K\x02t(K\x01tt}tR');
  }
}
