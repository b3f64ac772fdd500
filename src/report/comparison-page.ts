/** A comparison of runs as a page. */
import { chartFigure } from './chart-figure.js';
import { type ComparedRun, type ComparisonRow, differences, results } from './compare.js';
import { compareCharts, runStyle } from './compare-charts.js';
import { type Html, html, nameOf, table } from './html.js';
import { legend } from './legend.js';
import { page } from './page.js';

export function comparisonPage(runs: readonly ComparedRun[]): string {
  const charts = compareCharts(runs);
  const names = runs.map(({ folder }) => nameOf(folder, 60));
  const title = `Comparison of ${runs.length} runs`;
  return page(
    title,
    html`<h1>${title}</h1>
${legend(runs.map(runStyle))}
<h2>Results</h2>${rowsTable(results(runs), names)}
<h2>Settings that differ</h2>${rowsTable(differences(runs), names)}
<h2>Curves</h2>${charts.length === 0 ? html`<p class="muted">${NO_RECORDS}</p>` : ''}
<div class="charts">${charts.map(chartFigure)}</div>`,
  );
}

export const NO_RECORDS = 'The curves begin with the first step.';

function rowsTable(rows: readonly ComparisonRow[], names: readonly Html[]): Html {
  if (rows.length === 0) return html`<p class="muted">All settings are the same.</p>`;
  const cells = rows.map(({ name, values }) => [nameOf(name), ...values.map((value) => nameOf(value, 60))]);
  return html`<div class="scroll values" tabindex="0" role="region" aria-label="Table of runs">${table(cells, ['', ...names])}</div>`;
}
