/** `report.html`: all there is to see of a run, in one file. */

import type { RunData } from '../run/records/run-data.js';
import { valueText } from '../run/records/run-settings.js';
import { chartFigure } from './chart-figure.js';
import {
  formatCount,
  formatLoss,
  formatSeconds,
  formatShare,
  formatSpeed,
  formatTime,
  plural,
} from './format.js';
import { type Html, html, nameOf, table } from './html.js';
import { page } from './page.js';
import { runCharts } from './run-charts.js';
import { type RunScores, scoresOf } from './scores.js';
import { validationSections } from './validation-sections.js';

export function runPage(run: RunData): string {
  const scores = scoresOf(run.records);
  return page(
    `Run ${run.name}`,
    html`<h1>Run ${nameOf(run.name, 80)}</h1>
<p>${stateOf(run, scores)}</p>
${facts(scores)}
<h2>Curves</h2>
${curves(run)}
${validationSections(run.validation)}
<h2>Settings and environment</h2>
${settingsSection(run)}`,
  );
}

function stateOf({ settings }: RunData, { epochs, steps, time, skipped }: RunScores): string {
  if (time === null) return 'No step has been recorded yet.';
  const wanted = settings?.epochs ?? null;
  const isComplete = wanted !== null && epochs >= wanted;
  const of = wanted === null ? '' : ` of ${formatCount(wanted)}`;
  const sentences = [
    `${isComplete ? 'Complete' : 'Not complete'}: ${formatCount(epochs)}${of} epochs, ${plural(steps, 'step')}.`,
    `Latest record: ${formatTime(time)}.`,
  ];
  if (skipped > 0) sentences.push(`${plural(skipped, 'image')} could not be read and were left out.`);
  return sentences.join(' ');
}

function facts({ final, best, seconds, imagesPerSecond }: RunScores): Html {
  const validation = final?.validation ?? null;
  const entries: [string, string][] = [
    ['training loss', formatLoss(final?.train.loss ?? null)],
    ['validation loss', formatLoss(validation?.loss ?? null)],
    ['training top-1', formatShare(final?.train.top1 ?? null)],
    ['validation top-1', formatShare(validation?.top1 ?? null)],
    [best ? `best, epoch ${formatCount(best.epoch)}` : 'best', formatShare(best?.validation?.top1 ?? null)],
    ['images/s in training', formatSpeed(imagesPerSecond)],
    ['time of all epochs', formatSeconds(seconds)],
  ];
  return html`<div class="facts">${entries.map(([name, value]) => html`<div><b>${value}</b>${name}</div>`)}</div>`;
}

function curves({ records }: RunData): Html {
  const charts = runCharts(records);
  const figures = [
    chartFigure(charts.loss, NO_RECORDS),
    chartFigure(charts.accuracy, NO_RECORDS),
    chartFigure(charts['head-losses'], NO_RECORDS),
    chartFigure(charts['head-accuracies'], NO_RECORDS),
    chartFigure(charts['learning-rate'], NO_RECORDS),
    chartFigure(charts.speed, NO_RECORDS),
    chartFigure(charts['gradient-norm'], 'It was not measured: the gradients are not clipped.'),
  ];
  return html`<div class="charts">${figures}</div>`;
}

const NO_RECORDS = 'Nothing has been recorded yet.';

function settingsSection({ settings }: RunData): Html {
  if (settings === null) return html`<p class="muted">The folder has no settings.json.</p>`;
  const rows = (values: ReadonlyMap<string, unknown>) =>
    table([...values].map(([name, value]) => [nameOf(name), nameOf(valueText(value), 200)]));
  return html`<div class="columns"><div><h3>Settings</h3>${rows(settings.settings)}</div>
<div><h3>Environment</h3>${rows(settings.environment)}</div></div>`;
}
