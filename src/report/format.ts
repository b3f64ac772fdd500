/** How numbers look in charts, pages and tables. */
import type { Metric } from '../run/records/records.js';

export const formatLoss = (value: Metric): string => (value === null ? 'none' : value.toPrecision(4));

export const formatShare = (value: Metric): string =>
  value === null ? 'none' : `${(value * 100).toFixed(1)} %`;

export const formatSpeed = (value: Metric): string =>
  value === null ? 'unknown' : value >= 100 ? formatCount(Math.round(value)) : value.toPrecision(3);

/** `13,378,792`, the same in every locale. */
export const formatCount = (value: number): string => value.toLocaleString('en-US');

/** `1 epoch`, `2 epochs`. */
export const plural = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Without the last bits, in which a learning rate that was multiplied up differs from what a reader expects. */
export const formatRate = (value: number): string => String(Number(value.toPrecision(6)));

/** `12 s`, `3 min 5 s`, `2 h 7 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${formatCount(Math.floor(whole / 3600))} h ${Math.floor(whole / 60) % 60} min`;
}

/** `2025-03-01 14:05 UTC`. @param time seconds since 1970. */
export const formatTime = (time: number): string =>
  `${new Date(time * 1000).toISOString().replace('T', ' ').slice(0, -8)} UTC`;

/** Labels of an axis whose ticks are `step` apart. */
export const tickNumber = (value: number, step: number): string =>
  value === 0 || (step >= 1e-5 && step < 1e6) ? value.toFixed(decimals(step)) : value.toExponential(1);

export const tickPercent = (value: number, step: number): string =>
  `${(value * 100).toFixed(Math.max(0, decimals(step) - 2))} %`;

const decimals = (step: number): number => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
