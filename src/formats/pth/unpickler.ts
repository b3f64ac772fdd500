/**
 * Reads pickles as data. A pickle is a program for a small stack machine, which in Python can call anything; this machine knows the
 * instructions that build dicts, lists, tuples, numbers and texts, and the few functions it is given. Anything else ends it.
 * Opcodes: Python's Lib/pickletools.py.
 */
import { type GoogLeNetError, throwIfAborted } from '../../core/errors.js';
import type { InvalidFile } from '../invalid-file.js';
import { shorten } from '../quote.js';
import { PickleReader } from './pickle-reader.js';
import { Dict, PickleFunction, type PickleGlobals, type PickleValue, Tuple } from './pickle-values.js';

export interface Unpickled {
  value: PickleValue;
  /** The position behind the pickle. */
  end: number;
}

export interface UnpickleOptions {
  /** Where in the bytes the pickle begins. */
  start?: number;
  globals: PickleGlobals;
  /** Makes the error for bytes that are no pickle. */
  invalidFile: InvalidFile;
  signal?: AbortSignal | undefined;
}

/** Stands on the stack where MARK was executed. */
const MARK = Symbol('mark');

/** Lists, tuples, dicts, and what functions make. A checkpoint of a GoogLeNet makes 5,000. One byte of a pickle can make an object of 200. */
const MAX_OBJECTS = 200_000;
/** Values on the stack and in the memo at a time. Python's pickler puts at most 2,000 on the stack before it stores them. */
const MAX_DEPTH = 300_000;
/** Values in lists, tuples and dicts, those too that several of them have. */
const MAX_HELD = 1_000_000;
/**
 * The same for each byte of the pickle: an instruction of a byte or more puts one value down, which is stored once, and an OrderedDict
 * made of a list of pairs stores each a second time. More is the work of a program that has the same values copied over and over.
 */
const MAX_HELD_PER_BYTE = 4;

/** Work in one go, in instructions and values that are moved: some milliseconds. */
const TURN = 20_000;
/** Text that is as much work as one instruction. */
const TEXT_BYTES = 64;

/**
 * Runs one pickle. Its time and memory are proportional to its bytes, and the event loop goes on meanwhile.
 * @throws GoogLeNetError `UNSAFE_PICKLE` for an instruction or a function that is not allowed, naming it; `ABORTED`; what
 * `invalidFile` makes.
 */
export async function unpickle(bytes: Buffer, options: UnpickleOptions): Promise<Unpickled> {
  const { start = 0, globals, invalidFile, signal } = options;
  const unpickler = new Unpickler(new PickleReader(bytes, start, invalidFile), globals, invalidFile);
  for (;;) {
    if (unpickler.work >= TURN) {
      unpickler.work = 0;
      await new Promise(setImmediate);
      throwIfAborted(signal, 'Reading a pickle');
    }
    unpickler.work++;
    const at = unpickler.code.position;
    const opcode = String.fromCharCode(unpickler.code.uint(1));
    if (opcode === '.') return { value: unpickler.pop(), end: unpickler.code.position };
    const instruction = INSTRUCTIONS.get(opcode);
    if (!instruction) {
      throw unsafe(`uses the instruction 0x${opcode.charCodeAt(0).toString(16)} at byte ${at}`, invalidFile);
    }
    instruction(unpickler);
  }
}

const INSTRUCTIONS: ReadonlyMap<string, (machine: Unpickler) => void> = new Map([
  // PROTO, FRAME: nothing depends on them.
  ['\x80', (m) => void m.code.uint(1)],
  ['\x95', (m) => void m.code.bytes(8)],
  ['N', (m) => m.push(null)],
  ['\x88', (m) => m.push(true)],
  ['\x89', (m) => m.push(false)],
  // BININT, BININT1, BININT2, LONG1, BINFLOAT
  ['J', (m) => m.push(m.code.bytes(4).readInt32LE())],
  ['K', (m) => m.push(m.code.uint(1))],
  ['M', (m) => m.push(m.code.uint(2))],
  ['\x8a', (m) => m.push(m.code.integer(m.code.uint(1)))],
  ['G', (m) => m.push(m.code.bytes(8).readDoubleBE())],
  // BINUNICODE, SHORT_BINUNICODE; BINSTRING, SHORT_BINSTRING of Python 2
  ['X', (m) => m.text(m.code.uint(4))],
  ['\x8c', (m) => m.text(m.code.uint(1))],
  ['T', (m) => m.text(m.code.uint(4))],
  ['U', (m) => m.text(m.code.uint(1))],
  ['}', (m) => m.make(new Dict())],
  [']', (m) => m.make([])],
  [')', (m) => m.make(new Tuple([]))],
  ['(', (m) => m.mark()],
  ['t', (m) => m.tuple(m.popToMark())],
  ['\x85', (m) => m.tuple(m.popSome(1))],
  ['\x86', (m) => m.tuple(m.popSome(2))],
  ['\x87', (m) => m.tuple(m.popSome(3))],
  // APPEND, APPENDS, SETITEM, SETITEMS
  ['a', (m) => m.extend(m.popSome(1))],
  ['e', (m) => m.extend(m.popToMark())],
  ['s', (m) => m.assign(m.popSome(2))],
  ['u', (m) => m.assign(m.popToMark())],
  // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  ['q', (m) => m.memoize(m.code.uint(1))],
  ['r', (m) => m.memoize(m.code.uint(4))],
  ['\x94', (m) => m.memoize(m.memoSize)],
  ['h', (m) => m.get(m.code.uint(1))],
  ['j', (m) => m.get(m.code.uint(4))],
  // GLOBAL, STACK_GLOBAL, REDUCE, BUILD, BINPERSID
  ['c', (m) => m.findClass(m.code.line(), m.code.line())],
  ['\x93', (m) => m.findClass(...m.popTwoTexts())],
  ['R', (m) => m.reduce()],
  ['b', (m) => m.build()],
  ['Q', (m) => m.persistentLoad()],
]);

class Unpickler {
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #marks: number[] = [];
  /** An array and no Map, in which indices of an untrusted file could all meet in one bucket. */
  readonly #memo: PickleValue[] = [];
  readonly #maxHeld: number;
  #memoSize = 0;
  #made = 0;
  #held = 0;
  /** Since it was last set to zero. */
  work = 0;

  constructor(
    readonly code: PickleReader,
    readonly globals: PickleGlobals,
    readonly invalidFile: InvalidFile,
  ) {
    this.#maxHeld = Math.min(MAX_HELD, MAX_HELD_PER_BYTE * code.all.length);
  }

  push(value: PickleValue | typeof MARK): void {
    if (this.#stack.push(value) > MAX_DEPTH)
      throw this.invalidFile(`its pickle has over ${MAX_DEPTH} values on its stack`);
  }

  text(bytes: number): void {
    this.work += bytes / TEXT_BYTES;
    this.push(this.code.text(bytes));
  }

  make(value: PickleValue): void {
    if (++this.#made > MAX_OBJECTS) throw this.invalidFile(`its pickle makes over ${MAX_OBJECTS} objects`);
    this.push(value);
  }

  tuple(items: readonly PickleValue[]): void {
    this.#hold(items.length);
    this.make(new Tuple(items));
  }

  /** Counts values that are put into a list, tuple or dict. */
  readonly #hold = (values: number): void => {
    this.work += values;
    this.#held += values;
    if (this.#held <= this.#maxHeld) return;
    throw this.invalidFile(
      `its pickle of ${this.code.all.length} bytes puts over ${this.#maxHeld} values into lists and dicts, so it copies the same ones over and over`,
    );
  };

  pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  /** In the order in which they were pushed. */
  popSome(count: number): PickleValue[] {
    const items: PickleValue[] = [];
    for (let i = 0; i < count; i++) items.unshift(this.pop());
    return items;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
    this.push(MARK);
  }

  popToMark(): PickleValue[] {
    const at = this.#marks.pop();
    if (at === undefined) throw this.invalidFile('its pickle takes what it has not put down');
    const items = this.#stack.slice(at + 1) as PickleValue[];
    this.#stack.length = at;
    return items;
  }

  popTwoTexts(): [string, string] {
    const [first, second] = this.popSome(2);
    if (typeof first === 'string' && typeof second === 'string') return [first, second];
    throw this.invalidFile('its pickle names a function by what is no text');
  }

  get memoSize(): number {
    return this.#memoSize;
  }

  memoize(index: number): void {
    const value = this.#top();
    if (index >= MAX_DEPTH) throw this.invalidFile(`its pickle memoizes over ${MAX_DEPTH} values`);
    if (this.#memo[index] === undefined) this.#memoSize++;
    this.#memo[index] = value;
  }

  get(index: number): void {
    const value = this.#memo[index];
    if (value === undefined)
      throw this.invalidFile(`its pickle refers to number ${index}, which is not there`);
    this.push(value);
  }

  findClass(module: string, name: string): void {
    // Before they are joined: a text that the file has once can be named as often as it likes.
    const isShort = module.length + name.length <= MAX_NAME;
    const found = isShort ? this.globals.findClass(`${module}.${name}`) : undefined;
    if (!found) {
      const asked = `${module.slice(0, MAX_NAME)}.${name.slice(0, MAX_NAME)}`;
      throw unsafe(`asks for ${shorten(JSON.stringify(asked), 2 * MAX_NAME)}`, this.invalidFile);
    }
    this.push(found);
  }

  reduce(): void {
    const [target, args] = this.popSome(2);
    if (!(args instanceof Tuple)) throw this.invalidFile('its pickle calls a function without a tuple');
    if (!(target instanceof PickleFunction)) throw unsafe('calls what is no function', this.invalidFile);
    this.make(target.call(args.items, this.#hold));
  }

  persistentLoad(): void {
    this.make(this.globals.persistentLoad(this.pop()));
  }

  /** Sets the attributes of an object. The one that dicts have here is a state_dict's `_metadata`, of no use. */
  build(): void {
    this.pop();
    if (!(this.#top() instanceof Dict)) throw unsafe('sets the attributes of an object', this.invalidFile);
  }

  extend(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.invalidFile('its pickle appends to what is no list');
    this.#hold(items.length);
    for (const item of items) list.push(item);
  }

  assign(items: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof Dict) || items.length % 2 !== 0) {
      throw this.invalidFile('its pickle sets items of what is no dict');
    }
    this.#hold(items.length);
    for (let i = 0; i < items.length; i += 2) {
      dict.set(items[i] as PickleValue, items[i + 1] as PickleValue);
    }
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) {
      throw this.invalidFile('its pickle takes what it has not put down');
    }
    return value;
  }
}

/** Of a function: as much as a message shows, and more than any that is allowed has. */
const MAX_NAME = 200;

const unsafe = (what: string, invalidFile: InvalidFile): GoogLeNetError =>
  invalidFile(
    `its pickle ${what}. That is no part of a state_dict, and in Python it could run any program. In Python, save ` +
      'model.state_dict() and nothing else, or use safetensors',
    'UNSAFE_PICKLE',
  );
