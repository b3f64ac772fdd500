/** Prints the parity table and keeps it as `.googlenet/parity.json`. Imports nothing of ours: jest loads it without its module map. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ParityRow } from './harness.js';

const TABLE = resolve(__dirname, '../../.googlenet/parity.json');
const COLUMNS = ['check', 'threads', 'tensors', 'values', 'differing', 'max ULP'];

const number = (value: number | null): string => (value === null ? '∞' : value.toLocaleString('en-US'));

function cells(row: ParityRow): string[] {
  const counts = [row.threads, row.tensors, row.values].map(number);
  return [row.check, ...counts, number(row.differing), number(row.maxUlp)];
}

function format(rows: ParityRow[]): string {
  const table = [COLUMNS, ...rows.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return table.map((line) => line.map(pad).join('  ')).join('\n');
}

/** Batch 7 before batch 32. */
const byCheck = (a: ParityRow, b: ParityRow): number =>
  a.check.localeCompare(b.check, 'en', { numeric: true }) || a.threads - b.threads;

export default function tearDown(): void {
  const file = process.env.GOOGLENET_PARITY_ROWS;
  if (file === undefined) return;
  if (existsSync(file)) {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as ParityRow).sort(byCheck);
    const reference = rows[0]?.reference;
    const title = `Parity with PyTorch ${reference?.torch} (${reference?.capability})`;
    process.stdout.write(`\n${[title, format(rows)].join('\n')}\n\n`);
    mkdirSync(dirname(TABLE), { recursive: true });
    const table = rows.map(({ reference: _, ...row }) => row);
    writeFileSync(TABLE, `${JSON.stringify({ reference, rows: table }, null, 2)}\n`);
  }
  rmSync(dirname(file), { recursive: true, force: true });
}
