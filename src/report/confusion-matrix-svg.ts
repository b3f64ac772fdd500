/** A confusion matrix as a heat map: a row for each true class, a column for each predicted class. */

import { sum } from '../run/records/confusion-metrics.js';
import type { ValidationRecord } from '../run/records/validation-record.js';
import { escapeText, shorten } from './html.js';
import { colorVariable } from './palette.js';

/** With more classes the cells are too small for numbers. */
export const MAX_NUMBERED = 30;
/** With more classes the cells are too small to see. */
export const MAX_DRAWN = 200;

const NUMBERED_CELL = 36;
const PLAIN_CELL = 18;
const SMALLEST_CELL = 4;
/** Width of a page on a desk; a wider matrix scrolls. */
const PAGE_WIDTH = 1080;
const FONT_SIZE = 11;
const CHARACTER_WIDTH = 6.6;
const MAX_CHARACTERS = 22;
/** How far a slanted name above its column reaches to the right, as a fraction of its length: the cosine of 60°. */
const SLANT = 0.5;
/** Shades of each color: all cells of a shade are one path, which keeps the page small. */
const SHADES = 12;

interface Layout {
  cell: number;
  /** Space for names on the left and above; 0 where they would overlap. */
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
  const cell = fitting(PAGE_WIDTH - margin * (1 + SLANT));
  if (cell > FONT_SIZE) return { cell, hasNumbers, margin };
  return { cell: fitting(PAGE_WIDTH), hasNumbers, margin: 0 };
}

/** Whether the rows and columns have names. */
export const isNamed = ({ classes }: ValidationRecord): boolean => layoutOf(classes).margin > 0;

/** An SVG in the colors of pages, as wide as readable cells need. */
export function confusionMatrixSvg({ classes, confusion }: ValidationRecord): string {
  const layout = layoutOf(classes);
  const { cell, margin } = layout;
  const size = classes.length * cell;
  // Slanted names reach beyond the last column.
  const width = Math.ceil(margin + size + margin * SLANT);
  const height = margin + size;
  return [
    `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Confusion matrix">`,
    `<g transform="translate(${margin} ${margin})">`,
    `<rect width="${size}" height="${size}" fill="${colorVariable('panel')}"/>`,
    ...shades(confusion, cell),
    ...(layout.hasNumbers ? numbers(confusion, cell) : []),
    ...(margin > 0 ? names(classes, cell) : []),
    '</g></svg>',
  ].join('\n');
}

/** 0 for no image, `SHADES` for all images of the class; the smallest share is still visible. */
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
      return `<text x="${x}" y="${y}" ${CENTERED} fill="${color}">${compact(count)}</text>`;
    });
  });
}

const CENTERED = `text-anchor="middle" dominant-baseline="central" font-size="${FONT_SIZE}"`;

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
