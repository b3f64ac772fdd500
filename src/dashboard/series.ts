import type { Row, Table, TableDelta } from './protocol.js';

/** Significant digits of means: more than a curve can show. */
const DIGITS = 6;

/**
 * A table that grows with the run but never has more than `limit` rows: when it is full, each two neighbors become one row, their
 * mean, and each later row is the mean of twice as many values. The cost of adding does not depend on the length of the run.
 */
export class Series {
  readonly columns: readonly string[];
  readonly #limit: number;
  #rows: Row[] = [];
  /** How many values make a row. */
  #stride = 1;
  #group: Mean;
  /** Rows that `takeDelta` has returned. */
  #taken = 0;

  /** @param limit even */
  constructor(columns: readonly string[], limit: number) {
    this.columns = columns;
    this.#limit = limit;
    this.#group = new Mean(columns.length);
  }

  /**
   * @param values as many as there are columns
   * @returns false where rows were merged, so that rows returned earlier are void.
   */
  add(values: Row): boolean {
    this.#group.add(values);
    if (this.#group.count < this.#stride) return true;
    this.#rows.push(this.#group.values());
    this.#group = new Mean(this.columns.length);
    if (this.#rows.length < this.#limit) return true;
    this.#merge();
    return false;
  }

  table(): Table {
    return { columns: this.columns, rows: this.#rows, open: this.#open() };
  }

  /** The new rows since the last call. */
  takeDelta(): TableDelta {
    const start = this.#taken;
    this.#taken = this.#rows.length;
    return { start, rows: this.#rows.slice(start), open: this.#open() };
  }

  clear(): void {
    this.#rows = [];
    this.#stride = 1;
    this.#group = new Mean(this.columns.length);
    this.#taken = 0;
  }

  #open(): Row | null {
    return this.#group.count === 0 ? null : this.#group.values();
  }

  #merge(): void {
    const merged: Row[] = [];
    for (let i = 0; i < this.#rows.length; i += 2) {
      const pair = new Mean(this.columns.length);
      for (const row of this.#rows.slice(i, i + 2)) pair.add(row);
      merged.push(pair.values());
    }
    this.#rows = merged;
    this.#stride *= 2;
    this.#taken = 0;
  }
}

/** The mean of each column, without missing values. */
class Mean {
  readonly #sums: number[];
  readonly #counts: number[];
  count = 0;

  constructor(columns: number) {
    this.#sums = new Array<number>(columns).fill(0);
    this.#counts = new Array<number>(columns).fill(0);
  }

  add(values: Row): void {
    this.count++;
    for (const [column, value] of values.entries()) {
      if (value === null) continue;
      this.#sums[column] = (this.#sums[column] ?? 0) + value;
      this.#counts[column] = (this.#counts[column] ?? 0) + 1;
    }
  }

  values(): Row {
    return this.#sums.map((sum, column) => {
      const count = this.#counts[column] ?? 0;
      return count === 0 ? null : short(sum / count);
    });
  }
}

const short = (value: number): number =>
  Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
