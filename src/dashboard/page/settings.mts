/// <reference lib="dom" />
import type { Snapshot } from '../protocol.js';
import { byId, element } from './dom.mjs';
import { formatCount, formatName } from './format.mjs';

/** A list of more names would bury the other settings. */
const MAX_NAMES = 30;

type Entry = [name: string, value: unknown];

export function showSettings(settings: Snapshot['settings']): void {
  byId('settings-section').hidden = settings === null;
  if (settings === null) return;
  const { settings: values, environment, ...data } = settings;
  const groups: [string, Entry[]][] = [
    ['Data', Object.entries(data)],
    ['Training', entriesOf(values)],
    ['Environment', entriesOf(environment)],
  ];
  byId('settings').replaceChildren(
    ...groups.filter(([, entries]) => entries.length > 0).map(([title, entries]) => group(title, entries)),
  );
}

const entriesOf = (value: unknown): Entry[] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

function group(title: string, entries: readonly Entry[]): HTMLElement {
  const rows = entries.map(([name, value]) =>
    element('div', {}, element('dt', {}, formatName(name)), element('dd', {}, valueText(value))),
  );
  return element(
    'div',
    { class: 'card' },
    element('h3', {}, title),
    element('dl', { class: 'values' }, ...rows),
  );
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    const names = value.slice(0, MAX_NAMES).map(valueText).join(', ');
    return value.length > MAX_NAMES ? `${names} … (${formatCount(value.length)} total)` : names;
  }
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, part]) => `${formatName(name)} ${valueText(part)}`)
      .join(', ');
  }
  return String(value);
}
