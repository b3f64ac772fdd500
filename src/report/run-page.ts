/** `report.html`: everything about a run, in one file. */
import type { RunData } from '../run/records/run-data.js';
import { valueText } from '../run/records/run-settings.js';
import { chartFigure } from './chart-figure.js';
import { formatCount, formatTime, plural } from './format.js';
import { type Html, html, nameOf } from './html.js';
import { page } from './page.js';
import { type ChartName, runCharts } from './run-charts.js';
import { runFacts } from './run-facts.js';
import { type RunMetrics, runMetrics } from './run-metrics.js';
import { validationSections } from './validation-sections.js';

export function runPage(run: RunData): string {
  const metrics = runMetrics(run.records);
  return page(
    `Run ${run.name}`,
    html`<h1>Run ${nameOf(run.name, 80)}</h1>
<p>${stateText(run, metrics)}</p>
${runFacts(metrics)}
<h2>Curves</h2>
${curves(run)}
${validationSections(run)}
<h2>Settings and environment</h2>
${settingsSection(run)}`,
  );
}

function stateText({ settings }: RunData, { epochs, steps, time, skipped }: RunMetrics): string {
  if (time === null) return 'The first step has not finished.';
  const planned = settings?.epochs ?? null;
  const isComplete = planned !== null && epochs >= planned;
  const of = planned === null ? '' : ` of ${formatCount(planned)}`;
  const sentences = [
    `${isComplete ? 'Complete' : 'Not complete'}: ${formatCount(epochs)}${of} epochs, ${plural(steps, 'step')}.`,
    `Latest record: ${formatTime(time)}.`,
  ];
  if (skipped > 0) sentences.push(`${plural(skipped, 'image')} could not be decoded and were skipped.`);
  return sentences.join(' ');
}

const ORDER: readonly ChartName[] = [
  ...(['loss', 'accuracy', 'head-losses', 'head-accuracies'] as const),
  ...(['learning-rate', 'speed', 'gradient-norm'] as const),
];

/** Charts without a line are left out. */
function curves({ records }: RunData): Html {
  if (records.length === 0) return html`<p class="muted">The curves begin with the first step.</p>`;
  const charts = runCharts(records);
  const drawn = ORDER.map((name) => charts[name]).filter(({ lines }) => lines.length > 0);
  const gradientNorm =
    charts['gradient-norm'].lines.length > 0
      ? ''
      : html`<p class="muted">The gradient norm is measured only in runs that clip gradients.</p>`;
  return html`<div class="charts">${drawn.map(chartFigure)}</div>${gradientNorm}`;
}

const valueList = (values: ReadonlyMap<string, unknown>): Html =>
  html`<dl class="settings">${[...values].map(
    ([name, value]) => html`<div><dt>${nameOf(name)}</dt><dd>${nameOf(valueText(value), 200)}</dd></div>`,
  )}</dl>`;

function settingsSection({ settings }: RunData): Html {
  if (settings === null) return html`<p class="muted">The folder has no settings.json.</p>`;
  return html`<h3>Settings</h3>${valueList(settings.settings)}
<h3>Environment</h3>${valueList(settings.environment)}`;
}
