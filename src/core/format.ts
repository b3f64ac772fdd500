/** How numbers, tables and JSON look as text. */
import { bold, widthOf, withEscapedMarks } from './colors.js';
import { printableLine } from './printable.js';

/** `1:05`, or `1:02:03` from an hour on. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** `13,378,792`, the same in every locale. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

export const formatPercent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;

export const formatMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Indented, lists of numbers on one line; never with colors. */
export const formatJson = (value: unknown): string =>
  withEscapedMarks(JSON.stringify(value, null, 2)).replace(/\[\n[-+\d.,e\s]+\]/g, (list) =>
    list.replace(/\s+/g, ' '),
  );

export type Alignment = 'left' | 'right';

/** Rows in columns as wide as their longest cell, two spaces apart; columns without an alignment are on the left. */
export function formatTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string {
  // What files and folders are called must not break a row or steer the terminal.
  const cells = rows.map((row) => row.map(printableLine));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...cells.map((row) => widthOf(row[i] ?? ''))),
  );
  const lines = cells.map((row) =>
    row.map((cell, i) => {
      const space = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
      return alignments[i] === 'right' ? space + cell : cell + space;
    }),
  );
  return lines.map((cells) => cells.join('  ').trimEnd()).join('\n');
}

/** A row that heads a table. */
export const heading = (cells: readonly string[]): string[] =>
  cells.map((cell) => (cell === '' ? cell : bold(cell)));

/** `1 epoch`, `2 epochs`. */
export const plural = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
