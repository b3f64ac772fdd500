/** The run as the page knows it; messages of the server update it. */
import type { Row, Snapshot, Table, TableDelta, Update } from '../protocol.js';

export class RunModel {
  #snapshot: Snapshot | null = null;

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  replace(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
  }

  apply({ steps, epochs, ...liveStatus }: Update): void {
    if (this.#snapshot === null) return;
    this.#snapshot = {
      ...this.#snapshot,
      ...liveStatus,
      steps: extend(this.#snapshot.steps, steps),
      epochs: extend(this.#snapshot.epochs, epochs),
    };
  }
}

/** The first new rows may repeat rows of a snapshot. */
const extend = (table: Table, { start, rows, open }: TableDelta): Table => ({
  columns: table.columns,
  rows: rows.length === 0 ? table.rows : [...table.rows.slice(0, start), ...rows],
  open,
});

/** The value in a column of a row. */
export function cellOf(table: Table, row: Row | null | undefined, column: string): number | null {
  return row?.[table.columns.indexOf(column)] ?? null;
}

/** All rows, including the incomplete one. */
export const allRows = ({ rows, open }: Table): readonly Row[] => (open === null ? rows : [...rows, open]);
