/** Precision, recall and F1 of each class, the lowest F1 first. */
import { type ClassMetrics, confusionMetrics } from '../run/records/confusion-metrics.js';
import type { ValidationRecord } from '../run/records/validation-record.js';
import { formatCount, formatPercent, MISSING } from './format.js';
import { type Html, type HtmlValue, html, nameOf, table } from './html.js';

/** With more classes the table shows only its ends. */
const MAX_ROWS = 100;
const WORST_ROWS = 40;
const BEST_ROWS = 10;

const HEAD = ['class', 'images', 'precision', 'recall', 'F1'];

export function classMetricsTable(record: ValidationRecord): Html {
  const { classes, macro } = confusionMetrics(record);
  const known = classes.filter(({ support }) => support > 0);
  const shown =
    classes.length <= MAX_ROWS
      ? classes
      : [...known.slice(0, WORST_ROWS), ...known.slice(WORST_ROWS).slice(-BEST_ROWS)];
  const caption =
    shown.length === classes.length
      ? 'The lowest F1 first.'
      : `The ${WORST_ROWS} classes with the lowest F1 and the ${BEST_ROWS} with the highest, of ${formatCount(classes.length)}.`;
  const mean: HtmlValue[] = [
    html`<b>mean of classes</b>`,
    formatCount(known.reduce((sum, { support }) => sum + support, 0)),
    ...[macro.precision, macro.recall, macro.f1].map(formatPercent),
  ];
  return html`<p class="muted">${caption} The mean gives every class the same weight.</p>
<div class="numbers narrow">${table([mean, ...shown.map(classRow)], HEAD)}</div>`;
}

const classRow = ({ name, support, precision, recall, f1 }: ClassMetrics): HtmlValue[] =>
  support === 0
    ? [nameOf(name), formatCount(0), MISSING, MISSING, MISSING]
    : [
        nameOf(name),
        formatCount(support),
        formatPercent(precision),
        formatPercent(recall),
        html`${bar(f1)}<span class="percent">${formatPercent(f1)}</span>`,
      ];

const bar = (fraction: number): Html =>
  html`<span class="bar"><i style="width:${(fraction * 100).toFixed(2)}%"></i></span>`;
