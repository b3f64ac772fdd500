/** What the page knows of the run, kept up to date by the server's messages. */
import type { Growth, Row, Snapshot, Table, Update } from '../protocol.js';

export class RunModel {
  #snapshot: Snapshot | null = null;

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  replace(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
  }

  apply({ steps, epochs, ...pulse }: Update): void {
    if (this.#snapshot === null) return;
    this.#snapshot = {
      ...this.#snapshot,
      ...pulse,
      steps: grow(this.#snapshot.steps, steps),
      epochs: grow(this.#snapshot.epochs, epochs),
    };
  }
}

/** Rows that a snapshot has brought already may come again. */
const grow = (table: Table, { start, rows, open }: Growth): Table => ({
  columns: table.columns,
  rows: rows.length === 0 ? table.rows : [...table.rows.slice(0, start), ...rows],
  open,
});

/** A row's value by the name of its column. */
export function cellOf(table: Table, row: Row | null | undefined, column: string): number | null {
  return row?.[table.columns.indexOf(column)] ?? null;
}

/** All rows, the one that is not complete too. */
export const allRows = ({ rows, open }: Table): readonly Row[] => (open === null ? rows : [...rows, open]);
