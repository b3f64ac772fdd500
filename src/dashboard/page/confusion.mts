/// <reference lib="dom" />
/** The most confused classes, the metrics of each class, and the confusion matrix. */
import type { Validation } from '../protocol.js';
import { byId, element, setText } from './dom.mjs';
import { formatCount, formatPercent } from './format.mjs';

export function showConfusion(validation: Validation): void {
  const { confusion, classes, epoch, confusedPairs, classMetrics } = validation;
  setText(
    byId('pairs-caption'),
    confusedPairs.length === 0
      ? `The model confused no classes after epoch ${epoch}.`
      : `The pairs with the most images after epoch ${epoch}.`,
  );
  byId('pairs').replaceChildren(...(confusedPairs.length === 0 ? [] : [pairsTable(validation)]));
  const isAll = classMetrics.length === classes.length;
  setText(
    byId('class-metrics-caption'),
    isAll
      ? 'The lowest F1 first.'
      : `The ${classMetrics.length} of ${formatCount(classes.length)} classes with the lowest F1.`,
  );
  byId('class-metrics').replaceChildren(classMetricsTable(validation));
  byId('matrix').hidden = confusion === null;
  if (confusion !== null) byId('confusion').replaceChildren(matrix(confusion, classes));
}

function numbersTable(head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const columns = head.map((title) => element('th', { scope: 'col' }, title));
  const body = rows.map(([title = '', ...cells]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', title }, title),
      ...cells.map((text) => element('td', {}, text)),
    ),
  );
  return element(
    'table',
    { class: 'numbers' },
    element('thead', {}, element('tr', {}, ...columns)),
    element('tbody', {}, ...body),
  );
}

const pairsTable = ({ confusedPairs }: Validation): HTMLElement =>
  numbersTable(
    ['true class → predicted class', 'images', 'share of the true class'],
    confusedPairs.map(({ label, predicted, images, share }) => [
      `${label} → ${predicted}`,
      formatCount(images),
      formatPercent(share),
    ]),
  );

const classMetricsTable = ({ classMetrics }: Validation): HTMLElement =>
  numbersTable(
    ['class', 'images', 'precision', 'recall', 'F1'],
    classMetrics.map(({ name, support, precision, recall, f1 }) => [
      name,
      formatCount(support),
      // A class without images has no metrics.
      ...[precision, recall, f1].map((value) => formatPercent(support === 0 ? null : value)),
    ]),
  );

function matrix(confusion: readonly (readonly number[])[], classes: readonly string[]): HTMLElement {
  const heads = classes.map((name) =>
    element('th', { scope: 'col', title: name }, element('span', {}, name)),
  );
  const rows = confusion.map((counts, label) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const name = classes[label] ?? '';
    const cells = counts.map((count, predicted) =>
      cell(count, total, predicted === label, `${name} → ${classes[predicted] ?? ''}`),
    );
    return element('tr', {}, element('th', { scope: 'row', title: name }, name), ...cells);
  });
  const head = element('thead', {}, element('tr', {}, element('td', {}), ...heads));
  return element('table', { class: 'confusion' }, head, element('tbody', {}, ...rows));
}

/** From this share of a row on, the color of a cell is too dark for dark text. */
const STRONG = 0.55;

function cell(count: number, total: number, isCorrect: boolean, pair: string): HTMLElement {
  const share = total === 0 ? 0 : count / total;
  const classes = [isCorrect ? 'correct' : '', share > STRONG ? 'strong' : ''].join(' ').trim();
  const title = `${pair}: ${formatCount(count)} of ${formatCount(total)} (${formatPercent(share)})`;
  const made = element(
    'td',
    { title, ...(classes ? { class: classes } : {}) },
    count === 0 ? '' : formatCount(count),
  );
  // A property and no style attribute, which the policy of the page forbids.
  made.style.setProperty('--share', String(share));
  return made;
}
