/** Formats numbers for charts, pages and tables. `dashboard/page/format.mts` formats them the same way. */
import { formatCount } from '../core/format.js';
import type { Metric } from '../run/records/records.js';

export { formatCount, plural } from '../core/format.js';

/** Stands for a value that does not exist. */
export const MISSING = '–';

export const formatLoss = (value: Metric): string => (value === null ? MISSING : value.toPrecision(4));

export const formatPercent = (fraction: Metric): string =>
  fraction === null ? MISSING : `${(fraction * 100).toFixed(1)} %`;

/** Images per second. */
export const formatSpeed = (value: Metric): string =>
  value === null ? MISSING : value >= 100 ? formatCount(Math.round(value)) : value.toPrecision(3);

/** Learning rates are products of decays, whose last bits no reader expects: `0.0064`. */
export const formatRate = (value: Metric): string =>
  value === null ? MISSING : String(Number(value.toPrecision(4)));

/** `12 s`, `3 min 5 s`, `2 h 7 min`, `3 d 4 h`. */
export function formatDurationInWords(seconds: Metric): string {
  if (seconds === null) return MISSING;
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(whole / unit)) as [
    number,
    number,
    number,
  ];
  if (minutes === 0) return `${whole} s`;
  if (hours === 0) return `${minutes} min ${whole % 60} s`;
  return days === 0 ? `${hours} h ${minutes % 60} min` : `${formatCount(days)} d ${hours % 24} h`;
}

/** `2025-03-01 14:05 UTC`. @param time seconds since 1970. */
export const formatTime = (time: number): string =>
  `${new Date(time * 1000).toISOString().replace('T', ' ').slice(0, -8)} UTC`;

/** Labels of an axis whose ticks are `step` apart. */
export const tickNumber = (value: number, step: number): string =>
  value === 0 || (step >= 1e-5 && step < 1e6) ? value.toFixed(decimals(step)) : value.toExponential(1);

export const tickPercent = (value: number, step: number): string =>
  `${(value * 100).toFixed(Math.max(0, decimals(step) - 2))} %`;

/** Labels of a logarithmic axis: `0.01`, `1`, `1,000`; `1e-7`. */
export const tickPower = (value: number): string =>
  value >= 1e-5 && value < 1e6
    ? value.toLocaleString('en-US', { maximumFractionDigits: 5 })
    : value.toExponential(0);

const decimals = (step: number): number => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
