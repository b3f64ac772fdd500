/** What a pickle can hold here. */

export type PickleValue = null | boolean | number | bigint | string | PickleValue[] | Tuple | Dict | object;

/** A tuple; lists are arrays. */
export class Tuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/**
 * A dict, as the pairs in the order in which they were set. No hash table: keys of an untrusted file can be chosen so that all of them
 * meet in one bucket. Only a few keys are ever looked up.
 */
export class Dict {
  readonly #items: PickleValue[] = [];

  get size(): number {
    return this.#items.length / 2;
  }

  set(key: PickleValue, value: PickleValue): void {
    this.#items.push(key, value);
  }

  /** Of a key that was set twice, the later value, as in Python. */
  get(key: string): PickleValue | undefined {
    for (let i = this.#items.length - 2; i >= 0; i -= 2)
      if (this.#items[i] === key) return this.#items[i + 1];
    return undefined;
  }

  *[Symbol.iterator](): Generator<[PickleValue, PickleValue]> {
    for (let i = 0; i < this.#items.length; i += 2) {
      yield [this.#items[i] as PickleValue, this.#items[i + 1] as PickleValue];
    }
  }
}

/** Counts values that a function copies, so that no file can have the same ones copied over and over. */
export type CountCopies = (values: number) => void;

/** A class or function of Python, by what it gives here. */
export class PickleFunction {
  constructor(readonly call: (args: readonly PickleValue[], count: CountCopies) => PickleValue) {}
}

/** What a pickle may reach outside itself. */
export interface PickleGlobals {
  /** By `module.name`; `undefined` for what must not be reached. Only a {@link PickleFunction} can be called. */
  findClass(name: string): object | undefined;
  /** The object behind a persistent id, of which Python keeps the bytes elsewhere. */
  persistentLoad(id: PickleValue): PickleValue;
}
