/** Where axes begin and end, and where their ticks are. */
import type { Chart, Line } from './chart.js';

export interface LinearRange {
  type: 'value';
  min: 0;
  max: number;
  /** Distance between ticks. */
  interval: number;
}

/** From one power of ten to another, with a tick at each power. */
export interface LogRange {
  type: 'log';
  min: number;
  max: number;
}

/** @param ticks about as many as fit. */
export function countRange(end: number, ticks: number): LinearRange {
  const max = Math.max(1, Math.ceil(end - 1e-9));
  return { type: 'value', min: 0, max, interval: Math.max(1, roundStep(max / ticks)) };
}

/** @param ticks about as many as fit. */
export function valueRange(
  { lines, ceiling, mayBeLogarithmic }: Pick<Chart, 'lines' | 'ceiling' | 'mayBeLogarithmic'>,
  ticks: number,
): LinearRange | LogRange {
  const extent = extentOf(lines);
  const isWide = mayBeLogarithmic && extent.min > 0 && extent.max / extent.min >= LOG_FROM;
  if (isWide) return { type: 'log', min: powerBelow(extent.min), max: powerAbove(extent.max) };
  // Without any value above zero, or with values too small to tell from it, the axis ends at 1.
  const top = extent.max > 1e-30 ? extent.max : 1;
  const interval = roundStep(top / ticks);
  const max = Math.min(ceiling, interval * Math.ceil(top / interval - 1e-9));
  return { type: 'value', min: 0, max, interval };
}

/** Values that span this factor look flat on a linear axis. */
const LOG_FROM = 50;

/** Logarithms of powers of ten are not always exact. */
const powerBelow = (value: number): number => 10 ** Math.floor(Math.log10(value) + 1e-9);
const powerAbove = (value: number): number => 10 ** Math.ceil(Math.log10(value) - 1e-9);

/** Values that the axis must reach. One wild batch may leave the chart, because it would flatten the rest. */
function extentOf(lines: readonly Line[]): { min: number; max: number } {
  const ends = lines.map(({ points, isFaint }) => {
    const values = points.map(([, value]) => value).sort((a, b) => a - b);
    const [min, max] = [values[0] ?? Infinity, values.at(-1) ?? 0];
    const cut = Math.floor(values.length * 0.02);
    const usual = { min: values[cut] ?? min, max: values[values.length - 1 - cut] ?? max };
    if (!isFaint) return { min, max };
    return { min: min * WILD < usual.min ? usual.min : min, max: max > usual.max * WILD ? usual.max : max };
  });
  return { min: Math.min(...ends.map(({ min }) => min)), max: Math.max(0, ...ends.map(({ max }) => max)) };
}

/** A step is wild where it exceeds all but 2 % of the steps by this factor. */
const WILD = 2;

/** The next distance of ticks that reads well: 1, 2 or 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5].find((candidate) => candidate * power >= step - power * 1e-9) ?? 10;
  return digit * power;
}
