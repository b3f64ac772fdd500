/** Where axes end and where their ticks are. */
import type { Line } from './chart.js';

export interface Scale {
  max: number;
  /** Distance of ticks. */
  interval: number;
}

/** @param ticks about as many as there is room for. */
export function countScale(lines: readonly Line[], ticks: number): Scale {
  const last = lines.reduce((max, { points }) => points.reduce((most, [x]) => Math.max(most, x), max), 0);
  const max = Math.max(1, Math.ceil(last - 1e-9));
  return { max, interval: Math.max(1, roundStep(max / ticks)) };
}

/** @param ceiling the highest value there can be. */
export function valueScale(lines: readonly Line[], ceiling: number, ticks: number): Scale {
  const top = highest(lines);
  const interval = roundStep(top / ticks);
  return { max: Math.min(ceiling, interval * Math.ceil(top / interval - 1e-9)), interval };
}

/** What the axis must reach. Two of a hundred steps may leave the chart, so that one wild batch does not flatten the rest. */
function highest(lines: readonly Line[]): number {
  const tops = lines.map(({ points, isFaint }) => {
    const values = points.map(([, value]) => value).sort((a, b) => a - b);
    return (isFaint ? values[Math.ceil(values.length * 0.98) - 1] : values.at(-1)) ?? 0;
  });
  const top = Math.max(0, ...tops);
  // Nothing but zeros, or less than any quantity here can be told from zero.
  return top > 1e-30 ? top : 1;
}

/** The next number up that reads well as the distance of ticks: 1, 2 or 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5].find((candidate) => candidate * power >= step - power * 1e-9) ?? 10;
  return digit * power;
}
