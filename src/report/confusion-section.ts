/** The most confused pairs of classes, and the full confusion matrix on request. */
import { confusedPairs } from '../run/records/confusion-metrics.js';
import type { ValidationRecord } from '../run/records/validation-record.js';
import { confusionMatrixSvg, isNamed, MAX_DRAWN, MAX_NUMBERED } from './confusion-matrix-svg.js';
import { formatCount, formatPercent } from './format.js';
import { drawing, type Html, html, nameOf, table } from './html.js';

export function confusionSection(record: ValidationRecord): Html {
  const { length } = record.classes;
  if (length > MAX_DRAWN) {
    return html`${pairsTable(record, 40)}
<p class="muted">The confusion matrix of ${formatCount(length)} classes is too large to show.</p>`;
  }
  return html`${pairsTable(record, 10)}
<details><summary>Full confusion matrix (${length} × ${length})</summary>
<p class="muted">${matrixCaption(record)}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">${drawing(confusionMatrixSvg(record))}</div></details>`;
}

function matrixCaption(record: ValidationRecord): string {
  const order = isNamed(record) ? '' : ', in the order of their labels';
  const counts = record.classes.length > MAX_NUMBERED ? '' : ' Numbers count images.';
  return `Rows are true classes, columns are predicted classes${order}. The shade is the share of the row: blue for correct, orange for incorrect predictions.${counts}`;
}

function pairsTable(record: ValidationRecord, most: number): Html {
  const rows = confusedPairs(record, most).map(({ label, predicted, images, share }) => [
    html`${nameOf(label)} → ${nameOf(predicted)}`,
    formatCount(images),
    formatPercent(share),
  ]);
  if (rows.length === 0) return html`<p class="muted">The model confused no classes.</p>`;
  return html`<div class="numbers narrow">${table(rows, ['true class → predicted class', 'images', 'share of the true class'])}</div>`;
}
