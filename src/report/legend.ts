/** The legend of charts, for pages and for SVG documents. */
import type { Line } from './chart.js';
import { drawing, type Html, html, nameOf } from './html.js';
import { colorVariable } from './palette.js';

export const legend = (lines: readonly Line[]): Html =>
  html`<ul class="legend">${lines.map((line) => html`<li>${swatch(line)}${nameOf(line.name, 48)}</li>`)}</ul>`;

const SWATCH_SIZE = { width: 32, height: 12 };

/** The line and its marker, in the colors of pages. */
function swatch(line: Line): Html {
  const { width, height } = SWATCH_SIZE;
  const shapes = swatchShapes(line, colorVariable(line.color));
  return drawing(`<svg width="${width}" height="${height}" aria-hidden="true">${shapes}</svg>`);
}

export function swatchShapes({ marker = 'circle', dash, isFaint }: Line, stroke: string): string {
  const style = isFaint
    ? 'stroke-width="1"'
    : `stroke-width="2.5" stroke-dasharray="${dash?.join(' ') ?? 'none'}"`;
  return `<path d="M0 6H32" stroke="${stroke}" ${style}/>${isFaint ? '' : markerShape(marker, stroke)}`;
}

const MARKERS = {
  circle: 'M12.5 6a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0',
  diamond: 'M16 1.5L20.5 6L16 10.5L11.5 6Z',
  triangle: 'M16 1.5L20.5 10.5H11.5Z',
  rect: 'M12 2h8v8h-8Z',
  none: '',
};

const markerShape = (marker: keyof typeof MARKERS, fill: string): string =>
  marker === 'none' ? '' : `<path d="${MARKERS[marker]}" fill="${fill}"/>`;
