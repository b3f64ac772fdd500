/** A comparison of runs as a page, or its curves as one image. */
import { extname } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { writeFileAtomic } from '../core/files/atomic-file.js';
import { chartDocument, FILE_SIZE, FONT_FAMILY } from './chart.js';
import { chartFigure, key, swatchShapes } from './chart-figure.js';
import { type ComparedRun, differences, type Row, results } from './compare.js';
import { compareCharts, runStyle } from './compare-charts.js';
import { escapeText, type Html, html, nameOf, shorten, table } from './html.js';
import { page } from './page.js';
import { color } from './palette.js';
import { toPng } from './png.js';

const FORMATS: Record<string, (runs: readonly ComparedRun[]) => Promise<Uint8Array>> = {
  '.html': async (runs) => Buffer.from(comparisonPage(runs)),
  '.svg': async (runs) => Buffer.from(comparisonSvg(runs)),
  '.png': (runs) => toPng(comparisonSvg(runs)),
};

/** @throws GoogLeNetError `INVALID_ARGUMENT` where the name of a file has an ending that is not known. */
export function checkComparisonPath(path: string): void {
  if (Object.hasOwn(FORMATS, extname(path).toLowerCase())) return;
  const message = `${path} does not say what to write: give a name that ends in ${Object.keys(FORMATS).join(' or ')}.`;
  throw new GoogLeNetError('INVALID_ARGUMENT', message);
}

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `FILE_NOT_FOUND` where the folder of the file does not exist, `FILE_ERROR`. */
export async function writeComparison(runs: readonly ComparedRun[], path: string): Promise<void> {
  checkComparisonPath(path);
  const bytes = await FORMATS[extname(path).toLowerCase()]?.(runs);
  if (bytes) await writeFileAtomic(path, [bytes]);
}

export function comparisonPage(runs: readonly ComparedRun[]): string {
  const charts = compareCharts(runs);
  const names = runs.map(({ folder }) => nameOf(folder, 60));
  const title = `Comparison of ${runs.length} runs`;
  return page(
    title,
    html`<h1>${title}</h1>
${key(runs.map(runStyle))}
<h2>Results</h2>${rowsTable(results(runs), names)}
<h2>Settings that differ</h2>${rowsTable(differences(runs), names)}
<h2>Curves</h2>${charts.length === 0 ? html`<p class="muted">${NO_RECORDS}</p>` : ''}
<div class="charts">${charts.map((chart) => chartFigure(chart, NO_RECORDS))}</div>`,
  );
}

const NO_RECORDS = 'Nothing has been recorded yet.';

function rowsTable(rows: readonly Row[], names: readonly Html[]): Html {
  if (rows.length === 0) return html`<p class="muted">There are none.</p>`;
  const cells = rows.map(({ name, values }) => [nameOf(name), ...values.map((value) => nameOf(value, 60))]);
  return html`<div class="scroll values">${table(cells, ['', ...names])}</div>`;
}

const MARGIN = 20;
const KEY_COLUMNS = 4;
const KEY_ROW = 24;
const KEY_CHARACTERS = 42;

/** The key on top, and below it the charts in two columns. */
export function comparisonSvg(runs: readonly ComparedRun[]): string {
  const charts = compareCharts(runs);
  const columnWidth = (2 * FILE_SIZE.width - 2 * MARGIN) / KEY_COLUMNS;
  const top = MARGIN + KEY_ROW * Math.ceil(runs.length / KEY_COLUMNS) + MARGIN;
  const [width, height] = [
    2 * FILE_SIZE.width,
    top + Math.max(1, Math.ceil(charts.length / 2)) * FILE_SIZE.height,
  ];
  const style = `font-family="${FONT_FAMILY}, Verdana, sans-serif" font-size="13" fill="${color('ink')}"`;
  const entries = runs.map((run, i) => {
    const line = runStyle(run, i);
    const [x, y] = [MARGIN + (i % KEY_COLUMNS) * columnWidth, MARGIN + Math.floor(i / KEY_COLUMNS) * KEY_ROW];
    const name = escapeText(shorten(line.name, KEY_CHARACTERS));
    return `<g transform="translate(${x} ${y})">${swatchShapes(line, color(line.color))}<text x="40" y="11" ${style}>${name}</text></g>`;
  });
  const panels = charts.map((chart, i) => {
    const [x, y] = [(i % 2) * FILE_SIZE.width, top + Math.floor(i / 2) * FILE_SIZE.height];
    return `<g transform="translate(${x} ${y})">${chartDocument(chart, { hasKey: false })}</g>`;
  });
  const empty =
    charts.length > 0 ? '' : `<text x="${MARGIN}" y="${top + MARGIN}" ${style}>${NO_RECORDS}</text>`;
  return [
    `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xmlns="http://www.w3.org/2000/svg">`,
    `<rect width="${width}" height="${height}" fill="${color('paper')}"/>`,
    ...entries,
    ...panels,
    `${empty}</svg>\n`,
  ].join('\n');
}
