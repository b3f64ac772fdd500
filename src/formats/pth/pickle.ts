/**
 * Reads pickles as data. A pickle is a program for a small stack machine, which in Python can call anything; this machine knows the
 * instructions that build dicts, lists, tuples, numbers and texts, and the few functions it is given. Anything else ends it.
 * Opcodes: Python's Lib/pickletools.py.
 */
import type { GoogLeNetError } from '../../errors.js';
import type { InvalidFile } from '../invalid-file.js';

/** What a pickle can hold here. Dicts may have keys of any kind. */
export type PickleValue = null | boolean | number | bigint | string | PickleValue[] | Tuple | Dict | object;

/** A tuple; lists are arrays. */
export class Tuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export class Dict extends Map<PickleValue, PickleValue> {}

/** A class or function of Python, by what it gives here. */
export class PickleFunction {
  constructor(readonly call: (args: readonly PickleValue[]) => PickleValue) {}
}

/** What a pickle may reach outside itself. */
export interface PickleWorld {
  /** By `module.name`; `undefined` for what must not be reached. Only a {@link PickleFunction} can be called. */
  global(name: string): object | undefined;
  /** The object behind a persistent id, of which Python keeps the bytes elsewhere. */
  persistent(id: PickleValue): PickleValue;
}

export interface Unpickled {
  value: PickleValue;
  /** The position behind the pickle. */
  end: number;
}

/** Stands on the stack where MARK was executed. */
const MARK = Symbol('mark');

/**
 * Lists, tuples and dicts that a pickle may make, and values it may remember. A checkpoint of a GoogLeNet makes 5,000. One byte of a
 * pickle can make a dict of two hundred.
 */
const MAX_OBJECTS = 300_000;

/** Instructions in one go: some milliseconds. */
const TURN = 20_000;

/**
 * Runs one pickle. Its time and memory are proportional to its bytes, and the event loop goes on meanwhile.
 * @param invalidFile makes the error for bytes that are no pickle.
 * @throws GoogLeNetError `UNSAFE_PICKLE` for an instruction or a function that is not allowed, naming it; what `invalidFile` makes.
 */
export async function unpickle(
  bytes: Buffer,
  start: number,
  world: PickleWorld,
  invalidFile: InvalidFile,
): Promise<Unpickled> {
  const machine = new Machine(new Reader(bytes, start, invalidFile), world, invalidFile);
  for (let turn = 1; ; turn++) {
    if (turn % TURN === 0) await new Promise(setImmediate);
    const at = machine.code.position;
    const opcode = String.fromCharCode(machine.code.uint(1));
    if (opcode === '.') return { value: machine.pop(), end: machine.code.position };
    const instruction = INSTRUCTIONS.get(opcode);
    if (!instruction) {
      throw unsafe(`uses the instruction 0x${opcode.charCodeAt(0).toString(16)} at byte ${at}`, invalidFile);
    }
    instruction(machine);
  }
}

const INSTRUCTIONS: ReadonlyMap<string, (machine: Machine) => void> = new Map([
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
  ['X', (m) => m.push(m.code.text(m.code.uint(4)))],
  ['\x8c', (m) => m.push(m.code.text(m.code.uint(1)))],
  ['T', (m) => m.push(m.code.text(m.code.uint(4)))],
  ['U', (m) => m.push(m.code.text(m.code.uint(1)))],
  ['}', (m) => m.make(new Dict())],
  [']', (m) => m.make([])],
  [')', (m) => m.make(new Tuple([]))],
  ['(', (m) => m.mark()],
  ['t', (m) => m.make(new Tuple(m.popToMark()))],
  ['\x85', (m) => m.make(new Tuple(m.popSome(1)))],
  ['\x86', (m) => m.make(new Tuple(m.popSome(2)))],
  ['\x87', (m) => m.make(new Tuple(m.popSome(3)))],
  // APPEND, APPENDS, SETITEM, SETITEMS
  ['a', (m) => m.extend(m.popSome(1))],
  ['e', (m) => m.extend(m.popToMark())],
  ['s', (m) => m.assign(m.popSome(2))],
  ['u', (m) => m.assign(m.popToMark())],
  // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  ['q', (m) => m.remember(m.code.uint(1))],
  ['r', (m) => m.remember(m.code.uint(4))],
  ['\x94', (m) => m.remember(m.memoized)],
  ['h', (m) => m.recall(m.code.uint(1))],
  ['j', (m) => m.recall(m.code.uint(4))],
  // GLOBAL, STACK_GLOBAL, REDUCE, BUILD, BINPERSID
  ['c', (m) => m.reach(m.code.line(), m.code.line())],
  ['\x93', (m) => m.reach(...m.popTwoTexts())],
  ['R', (m) => m.reduce()],
  ['b', (m) => m.build()],
  ['Q', (m) => m.push(m.world.persistent(m.pop()))],
]);

/** The bytes of a pickle, read forwards. */
class Reader {
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

class Machine {
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #made = 0;

  constructor(
    readonly code: Reader,
    readonly world: PickleWorld,
    readonly invalidFile: InvalidFile,
  ) {}

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  make(value: PickleValue[] | Tuple | Dict): void {
    if (++this.#made > MAX_OBJECTS) throw this.invalidFile(`its pickle makes over ${MAX_OBJECTS} objects`);
    this.#stack.push(value);
  }

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
    this.#stack.push(MARK);
  }

  popToMark(): PickleValue[] {
    const at = this.#marks.pop();
    if (at === undefined) throw this.invalidFile('its pickle takes what it has not put down');
    const items = this.#stack.splice(at) as PickleValue[];
    items.shift();
    return items;
  }

  popTwoTexts(): [string, string] {
    const [first, second] = this.popSome(2);
    if (typeof first === 'string' && typeof second === 'string') return [first, second];
    throw this.invalidFile('its pickle names a function by what is no text');
  }

  get memoized(): number {
    return this.#memo.size;
  }

  remember(index: number): void {
    this.#memo.set(index, this.#top());
    if (this.#memo.size > MAX_OBJECTS)
      throw this.invalidFile(`its pickle remembers over ${MAX_OBJECTS} values`);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw this.invalidFile(`its pickle refers to number ${index}, which is not there`);
    this.#stack.push(value);
  }

  reach(module: string, name: string): void {
    const found = this.world.global(`${module}.${name}`);
    if (!found)
      throw unsafe(`asks for ${JSON.stringify(`${module}.${name}`.slice(0, 200))}`, this.invalidFile);
    this.#stack.push(found);
  }

  reduce(): void {
    const [target, args] = this.popSome(2);
    if (!(args instanceof Tuple)) throw this.invalidFile('its pickle calls a function without a tuple');
    if (!(target instanceof PickleFunction)) throw unsafe('calls what is no function', this.invalidFile);
    this.#stack.push(target.call(args.items));
  }

  /** Sets the attributes of an object. The one that dicts have here is a state_dict's `_metadata`, of no use. */
  build(): void {
    this.pop();
    if (!(this.#top() instanceof Dict)) throw unsafe('sets the attributes of an object', this.invalidFile);
  }

  extend(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.invalidFile('its pickle appends to what is no list');
    for (const item of items) list.push(item);
  }

  assign(items: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof Dict) || items.length % 2 !== 0) {
      throw this.invalidFile('its pickle sets items of what is no dict');
    }
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

const unsafe = (what: string, invalidFile: InvalidFile): GoogLeNetError =>
  invalidFile(
    `its pickle ${what}. That is no part of a state_dict, and in Python it could run any program. In Python, save ` +
      'model.state_dict() and nothing else, or use safetensors',
    'UNSAFE_PICKLE',
  );
