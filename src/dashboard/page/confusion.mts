/// <reference lib="dom" />
import type { Validation } from '../protocol.js';
import { byId, element, setText } from './dom.mjs';
import { formatCount, formatPercent } from './format.mjs';

/** From this share of a row on, its color is too strong for dark text. */
const STRONG = 0.55;

export function showConfusion({ confusion, classes, epoch }: Validation): void {
  const place = byId('confusion');
  place.hidden = confusion === null;
  if (confusion === null) {
    setText(byId('confusion-note'), `Shown for up to 30 classes; this run has ${classes.length}.`);
    return;
  }
  const note = `Images after epoch ${epoch}: what they are (rows), what they were taken for (columns).`;
  setText(byId('confusion-note'), `${note} Outlined cells are right.`);
  place.replaceChildren(table(confusion, classes));
}

function table(confusion: readonly (readonly number[])[], classes: readonly string[]): HTMLElement {
  const heads = classes.map((name) =>
    element('th', { scope: 'col', title: name }, element('span', {}, name)),
  );
  const corner = element('td', {});
  const rows = confusion.map((counts, label) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const name = classes[label] ?? '';
    const cells = counts.map((count, predicted) =>
      cell(count, total, predicted === label, `${name} → ${classes[predicted] ?? ''}`),
    );
    return element('tr', {}, element('th', { scope: 'row', title: name }, name), ...cells);
  });
  const head = element('thead', {}, element('tr', {}, corner, ...heads));
  return element('table', { class: 'confusion' }, head, element('tbody', {}, ...rows));
}

function cell(count: number, total: number, isRight: boolean, meaning: string): HTMLElement {
  const share = total === 0 ? 0 : count / total;
  const classes = [isRight ? 'right' : '', share > STRONG ? 'strong' : ''].join(' ').trim();
  const title = `${meaning}: ${formatCount(count)} of ${formatCount(total)} (${formatPercent(share)})`;
  const made = element(
    'td',
    { title, ...(classes ? { class: classes } : {}) },
    count === 0 ? '' : formatCount(count),
  );
  // A property and no style attribute, which the page's policy forbids.
  made.style.setProperty('--share', String(share));
  return made;
}
