/** What a chart shows: lines over epochs or steps. */
import type { Point, XAxis } from './curves.js';
import type { ColorName } from './palette.js';

export type Marker = 'circle' | 'diamond' | 'triangle' | 'rect' | 'none';

export interface Line {
  name: string;
  points: readonly Point[];
  color: ColorName;
  marker?: Marker;
  /** Lengths of dashes and gaps; a line without them is solid. */
  dash?: readonly number[];
  /** Values of single steps behind the means of epochs: thin, without markers, and not in the legend where the means are. */
  isFaint?: boolean;
}

export interface Chart {
  title: string;
  /** One line of text under the title. */
  subtitle: string;
  x: XAxis;
  /** The latest epoch or step of the run: the horizontal axis ends there. */
  xEnd: number;
  /** Title of the vertical axis, with the unit. */
  yTitle: string;
  /** Formats a label of the vertical axis whose ticks are `step` apart. */
  formatTick(value: number, step: number): string;
  /** The highest possible value. */
  ceiling: number;
  /** Whether the vertical axis becomes logarithmic where the values span orders of magnitude. */
  mayBeLogarithmic: boolean;
  lines: readonly Line[];
}

/** Lines that the legend names. Lines of single steps share the color of their means, whose name covers both. */
export function namedLines(lines: readonly Line[]): Line[] {
  const means = new Set(lines.filter(({ isFaint }) => !isFaint).map((line) => line.color));
  return lines.filter((line) => !line.isFaint || !means.has(line.color));
}
