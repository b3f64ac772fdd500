/** Charts as parts of a page: title, key and drawing. */
import { type Chart, chartPart, type Line, namedLines } from './chart.js';
import { drawing, type Html, html, nameOf } from './html.js';
import { colorVariable, withVariables } from './palette.js';

/** @param missing what to say where there is nothing to draw. */
export function chartFigure(chart: Chart, missing: string): Html {
  const title = html`<h3>${chart.title}</h3>`;
  if (chart.lines.length === 0)
    return html`<figure class="chart">${title}<p class="muted">${missing}</p></figure>`;
  return html`<figure class="chart">${title}<figcaption>${chart.subtitle}</figcaption>
${key(namedLines(chart.lines))}${drawing(withVariables(chartPart(chart)))}</figure>
`;
}

export const key = (lines: readonly Line[]): Html =>
  html`<ul class="key">${lines.map((line) => html`<li>${swatch(line)}${nameOf(line.name, 48)}</li>`)}</ul>`;

export const SWATCH_SIZE = { width: 32, height: 12 };

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
