/** Precision, recall and F1 of each class, the lowest F1 first. */
import { type ClassMetrics, classMetrics } from '../run/records/confusion-metrics.js';
import type { ValidationRecord } from '../run/records/validation-record.js';
import { formatCount, formatPercent } from './format.js';
import { type Html, type HtmlValue, html, nameOf, table } from './html.js';

/** With more classes the table shows only its ends. */
const MAX_ROWS = 100;
const WORST_ROWS = 40;
const BEST_ROWS = 10;

const HEAD = ['class', 'images', 'precision', 'recall', 'F1'];

export function classMetricsTable(record: ValidationRecord): Html {
  const metrics = classMetrics(record);
  const known = metrics.filter(({ images }) => images > 0);
  const shown =
    metrics.length <= MAX_ROWS
      ? metrics
      : [...known.slice(0, WORST_ROWS), ...known.slice(WORST_ROWS).slice(-BEST_ROWS)];
  const caption =
    shown.length === metrics.length
      ? 'The lowest F1 first.'
      : `The ${WORST_ROWS} classes with the lowest F1 and the ${BEST_ROWS} with the highest, of ${formatCount(metrics.length)}.`;
  return html`<p class="muted">${caption} The mean gives every class with images the same weight.</p>
<div class="numbers narrow">${table([meanRow(known), ...shown.map(classRow)], HEAD)}</div>`;
}

const classRow = ({ name, images, precision, recall, f1 }: ClassMetrics): HtmlValue[] => [
  nameOf(name),
  formatCount(images),
  formatPercent(precision),
  formatPercent(recall),
  html`${bar(f1)}<span class="percent">${formatPercent(f1)}</span>`,
];

/** Macro averages. A class that was never predicted counts with a precision of 0, as in scikit-learn. */
function meanRow(classes: readonly ClassMetrics[]): HtmlValue[] {
  const mean = (value: (metrics: ClassMetrics) => number | null) =>
    classes.length === 0
      ? null
      : classes.reduce((sum, metrics) => sum + (value(metrics) ?? 0), 0) / classes.length;
  return [
    html`<b>mean of classes</b>`,
    formatCount(classes.reduce((sum, { images }) => sum + images, 0)),
    formatPercent(mean(({ precision }) => precision)),
    formatPercent(mean(({ recall }) => recall)),
    formatPercent(mean(({ f1 }) => f1)),
  ];
}

const bar = (fraction: number | null): Html =>
  html`<span class="bar"><i style="width:${((fraction ?? 0) * 100).toFixed(2)}%"></i></span>`;
