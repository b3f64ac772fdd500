/** Texts, arrows and rectangles as SVG. */
import { escapeText } from '../html.js';
import { color } from '../palette.js';

export function text(x: number, y: number, content: string, size: number, more = ''): string {
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${color('ink')}" ${more}>${escapeText(content)}</text>`;
}

export const CENTERED = 'text-anchor="middle"';
export const BOLD = 'font-weight="bold"';

export const arrow = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color('axis')}" stroke-width="1.6" marker-end="url(#arrow)"/>`;

export function rectangle(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  stroke: string,
): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="${stroke}" stroke-width="1.4"/>`;
}
