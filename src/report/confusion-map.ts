/** A confusion matrix as a heat map: a row for each true class, a column for each predicted one. */

import type { ValidationRecord } from '../run/records/validation-record.js';
import { sum } from './confusion.js';
import { escapeText, shorten } from './html.js';
import { colorVariable } from './palette.js';

/** More classes have cells too small for numbers. */
export const MAX_NUMBERED = 30;
/** More classes have cells too small to be seen. */
export const MAX_MAPPED = 200;

const NUMBERED_CELL = 36;
const PLAIN_CELL = 18;
const SMALLEST_CELL = 4;
/** Of a page on a desk; a map that needs more is scrolled. */
const PAGE_WIDTH = 1080;
const FONT_SIZE = 11;
const CHARACTER_WIDTH = 6.6;
const MAX_CHARACTERS = 22;
/** How far a name above its column leans over, as a part of its length: the cosine of 60°. */
const LEAN = 0.5;
/** Shades of each of the two colors: the cells of a shade are one path, which keeps the page small. */
const SHADES = 12;

interface Layout {
  cell: number;
  /** Room for the names, on the left and above; 0 where they would overlap. */
  margin: number;
  hasNumbers: boolean;
}

function layoutOf(classes: readonly string[]): Layout {
  const hasNumbers = classes.length <= MAX_NUMBERED;
  const longest = Math.max(...classes.map((name) => [...shorten(name, MAX_CHARACTERS)].length));
  const margin = Math.ceil(longest * CHARACTER_WIDTH + 12);
  const largest = hasNumbers ? NUMBERED_CELL : PLAIN_CELL;
  const fitting = (room: number) =>
    Math.max(SMALLEST_CELL, Math.min(largest, Math.floor(room / classes.length)));
  const cell = fitting(PAGE_WIDTH - margin * (1 + LEAN));
  if (cell > FONT_SIZE) return { cell, hasNumbers, margin };
  return { cell: fitting(PAGE_WIDTH), hasNumbers, margin: 0 };
}

/** Whether each row and column has its name. */
export const isNamed = ({ classes }: ValidationRecord): boolean => layoutOf(classes).margin > 0;

/** An SVG in the colors of pages, as wide as it needs to be read. */
export function confusionMap({ classes, confusion }: ValidationRecord): string {
  const layout = layoutOf(classes);
  const { cell, margin } = layout;
  const side = classes.length * cell;
  // Names above lean to the right, over the edge.
  const width = Math.ceil(margin + side + margin * LEAN);
  const height = margin + side;
  return [
    `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Confusion matrix">`,
    `<g transform="translate(${margin} ${margin})">`,
    `<rect width="${side}" height="${side}" fill="${colorVariable('panel')}"/>`,
    ...shades(confusion, cell),
    ...(layout.hasNumbers ? numbers(confusion, cell) : []),
    ...(margin > 0 ? names(classes, cell) : []),
    '</g></svg>',
  ].join('\n');
}

/** From 0 for nothing to `SHADES` for all images of the class; the smallest share can still be seen. */
const shadeOf = (count: number, total: number): number =>
  count === 0 ? 0 : Math.ceil((count / total) * SHADES);

function shades(confusion: readonly (readonly number[])[], cell: number): string[] {
  const paths = new Map<string, string[]>();
  for (const [label, row] of confusion.entries()) {
    const total = sum(row);
    for (const [predicted, count] of row.entries()) {
      const shade = shadeOf(count, total);
      if (shade === 0) continue;
      const color = colorVariable(label === predicted ? 'blue' : 'vermilion');
      const style = `fill="${color}" fill-opacity="${(shade / SHADES).toFixed(2)}"`;
      const size = cell - 1;
      const path = `M${predicted * cell} ${label * cell}h${size}v${size}h-${size}z`;
      const cells = paths.get(style);
      if (cells) cells.push(path);
      else paths.set(style, [path]);
    }
  }
  return [...paths].map(([style, cells]) => `<path ${style} d="${cells.join('')}"/>`);
}

function numbers(confusion: readonly (readonly number[])[], cell: number): string[] {
  return confusion.flatMap((row, label) => {
    const total = sum(row);
    return row.flatMap((count, predicted) => {
      if (count === 0) return [];
      const color = colorVariable(shadeOf(count, total) > SHADES / 2 ? 'paper' : 'ink');
      const [x, y] = [(predicted + 0.5) * cell, (label + 0.5) * cell];
      return `<text x="${x}" y="${y}" ${CENTERD} fill="${color}">${compact(count)}</text>`;
    });
  });
}

const CENTERD = `text-anchor="middle" dominant-baseline="central" font-size="${FONT_SIZE}"`;

const compact = (count: number): string =>
  count < 10_000 ? String(count) : count.toLocaleString('en-US', { notation: 'compact' });

function names(classes: readonly string[], cell: number): string[] {
  return classes.flatMap((name, i) => {
    const at = (i + 0.5) * cell;
    const style = `font-size="${FONT_SIZE}" fill="${colorVariable('ink')}"`;
    const text = escapeText(shorten(name, MAX_CHARACTERS));
    return [
      `<text x="-6" y="${at}" text-anchor="end" dominant-baseline="central" ${style}>${text}</text>`,
      `<text transform="translate(${at} -6) rotate(-60)" dominant-baseline="central" ${style}>${text}</text>`,
    ];
  });
}
