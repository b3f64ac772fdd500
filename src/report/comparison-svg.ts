/** The curves of several runs as one image: the legend on top, and below it the charts in two columns. */

import { FONT_STACK } from '../core/figures/font.js';
import type { ComparedRun } from './compare.js';
import { compareCharts, runStyle } from './compare-charts.js';
import { NO_RECORDS } from './comparison-page.js';
import { escapeText, shorten } from './html.js';
import { swatchShapes } from './legend.js';
import { color } from './palette.js';
import { chartDocument, FILE_SIZE } from './render-chart.js';

const MARGIN = 20;
const LEGEND_COLUMNS = 4;
const LEGEND_ROW = 24;
const LEGEND_CHARACTERS = 42;

const TEXT = `font-family="${FONT_STACK}" font-size="13" fill="${color('ink')}"`;

export function comparisonSvg(runs: readonly ComparedRun[]): string {
  const charts = compareCharts(runs);
  const top = 2 * MARGIN + LEGEND_ROW * Math.ceil(runs.length / LEGEND_COLUMNS);
  const width = 2 * FILE_SIZE.width;
  const height = top + Math.max(1, Math.ceil(charts.length / 2)) * FILE_SIZE.height;
  const panels = charts.map((chart, i) => {
    const [x, y] = [(i % 2) * FILE_SIZE.width, top + Math.floor(i / 2) * FILE_SIZE.height];
    return `<g transform="translate(${x} ${y})">${chartDocument(chart, { hasLegend: false })}</g>`;
  });
  const empty =
    charts.length > 0 ? '' : `<text x="${MARGIN}" y="${top + MARGIN}" ${TEXT}>${NO_RECORDS}</text>`;
  return [
    `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xmlns="http://www.w3.org/2000/svg">`,
    `<rect width="${width}" height="${height}" fill="${color('paper')}"/>`,
    ...runs.map(legendEntry),
    ...panels,
    `${empty}</svg>\n`,
  ].join('\n');
}

function legendEntry(run: ComparedRun, i: number): string {
  const line = runStyle(run, i);
  const columnWidth = (2 * FILE_SIZE.width - 2 * MARGIN) / LEGEND_COLUMNS;
  const x = MARGIN + (i % LEGEND_COLUMNS) * columnWidth;
  const y = MARGIN + Math.floor(i / LEGEND_COLUMNS) * LEGEND_ROW;
  const name = escapeText(shorten(line.name, LEGEND_CHARACTERS));
  return `<g transform="translate(${x} ${y})">${swatchShapes(line, color(line.color))}<text x="40" y="11" ${TEXT}>${name}</text></g>`;
}
