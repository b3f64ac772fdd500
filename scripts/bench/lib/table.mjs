// Tables of results on the terminal.
import { median, spread } from './statistics.mjs';

const pad = (cells, widths) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');

export function print(title, header, rows) {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  console.log(`\n${title}\n${[header, ...rows].map((row) => pad(row, widths)).join('\n')}`);
}

const digits = (value) => value.toFixed(value < 100 ? 1 : 0);

export const ms = (value) => `${digits(value)} ms`;
export const mib = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
export const percent = (share) => `${(share * 100).toFixed(1)} %`;
export const ratio = (value, other) => (value / other).toFixed(3);

const withSpread = (values, unit) =>
  `${digits(median(values))}${unit} ±${(spread(values) * 100).toFixed(0)}%`;

/** Median ± half the quartile distance. */
export const timeOf = (values) => withSpread(values, ' ms');
export const rateOf = (values) => withSpread(values, '');
export const microseconds = (values) => withSpread(values, ' µs');
/** Of ratios. */
export const numberOf = (values) => `${median(values).toFixed(2)} ±${(spread(values) * 100).toFixed(0)}%`;
