/// <reference lib="dom" />
/** The top of the page: how far the run is and how well it does. */
import type { Snapshot, Status } from '../protocol.js';
import { byId, element, setText } from './dom.mjs';
import {
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRate,
  formatSpeed,
  formatTime,
} from './format.mjs';
import { allRows, cellOf } from './model.mjs';

const STATES: Record<Status['state'], string> = {
  running: '● Running',
  completed: '✓ Completed',
  interrupted: '‖ Interrupted',
  failed: '✕ Failed',
};

interface Tile {
  name: string;
  value: string;
  /** A smaller line below. */
  more?: string;
}

export function showOverview(snapshot: Snapshot): void {
  const { name, status, problem } = snapshot;
  setText(byId('name'), name);
  const state = byId('status');
  setText(state, STATES[status.state]);
  state.className = `status ${status.state}`;
  const notice = [status.message, problem].filter((text) => text !== null).join(' ');
  setText(byId('problem'), notice);
  byId('problem').hidden = notice === '';
  showBar(snapshot);
  fill('place', place(snapshot));
  fill('numbers', numbers(snapshot));
  document.title = title(snapshot);
}

function title({ name, progress: { fraction, epoch, epochs }, status }: Snapshot): string {
  if (status.state !== 'running') return `${STATES[status.state]} · ${name}`;
  const percent = fraction === null ? '' : `${Math.floor(fraction * 100)} % · `;
  return `${percent}epoch ${epoch}${epochs === null ? '' : `/${epochs}`} · ${name}`;
}

function showBar({ progress: { fraction } }: Snapshot): void {
  const bar = byId('bar');
  const percent = Math.floor((fraction ?? 0) * 1000) / 10;
  bar.style.width = `${percent}%`;
  bar.setAttribute('aria-valuenow', String(percent));
}

function place({ progress, status }: Snapshot): Tile[] {
  const { epoch, epochs, step, stepsPerEpoch, fraction, secondsLeft, startedAt, updatedAt } = progress;
  const steps = epochs === null || stepsPerEpoch === null ? null : epochs * stepsPerEpoch;
  const isRunning = status.state === 'running';
  const ends = isRunning && secondsLeft !== null ? Date.now() / 1000 + secondsLeft : null;
  const elapsed = startedAt === null || updatedAt === null ? null : updatedAt - startedAt;
  return [
    { name: 'Done', value: formatPercent(fraction === null ? null : Math.floor(fraction * 1000) / 1000) },
    {
      name: 'Epoch',
      value: `${formatCount(epoch)}${epochs === null ? '' : ` of ${formatCount(epochs)}`}`,
      more: isRunning ? phaseText(progress) : '',
    },
    {
      name: 'Step',
      value: formatCount(step),
      more: steps === null ? '' : `of ${formatCount(steps)}`,
    },
    isRunning
      ? {
          name: 'Time left',
          value: formatDuration(secondsLeft),
          more: ends === null ? '' : `until ${formatTime(ends)}`,
        }
      : { name: 'Last record', value: formatTime(updatedAt) },
    {
      name: 'Since the start',
      value: formatDuration(elapsed),
      more: startedAt === null ? '' : `from ${formatTime(startedAt)}`,
    },
    { name: 'Images/s', value: formatSpeed(progress.imagesPerSecond) },
  ];
}

function phaseText({ phase, done, total }: Snapshot['progress']): string {
  const count = done === null || total === null ? '' : ` ${formatCount(done)} of ${formatCount(total)}`;
  return `${phase}${count}`;
}

function numbers({ steps, epochs, latestStep }: Snapshot): Tile[] {
  const rows = allRows(epochs);
  const last = rows.at(-1);
  const score = (name: string) => cellOf(epochs, last, name);
  const scored = rows.filter((row) => cellOf(epochs, row, 'validation.top1') !== null);
  const best = scored.reduce<(typeof scored)[number] | null>((found, row) => {
    const isBetter =
      found === null ||
      (cellOf(epochs, row, 'validation.top1') ?? 0) > (cellOf(epochs, found, 'validation.top1') ?? 0);
    return isBetter ? row : found;
  }, null);
  const norm = cellOf(steps, latestStep, 'gradNorm');
  const tiles: Tile[] = [
    {
      name: 'Loss of this batch',
      value: formatNumber(cellOf(steps, latestStep, 'loss')),
      more: `top-1 ${formatPercent(cellOf(steps, latestStep, 'top1'))}`,
    },
  ];
  if (last) {
    const epoch = formatCount(cellOf(epochs, last, 'epoch'));
    tiles.push({
      name: `Training, epoch ${epoch}`,
      value: formatPercent(score('train.top1')),
      more: `loss ${formatNumber(score('train.loss'))}`,
    });
    if (score('validation.top1') !== null) {
      tiles.push({
        name: `Validation, epoch ${epoch}`,
        value: formatPercent(score('validation.top1')),
        more: `loss ${formatNumber(score('validation.loss'))}, top-5 ${formatPercent(score('validation.top5'))}`,
      });
    }
  }
  if (best !== null) {
    tiles.push({
      name: 'Best validation',
      value: formatPercent(cellOf(epochs, best, 'validation.top1')),
      more: `epoch ${formatCount(cellOf(epochs, best, 'epoch'))}`,
    });
  }
  tiles.push({ name: 'Learning rate', value: formatRate(cellOf(steps, latestStep, 'lr')) });
  if (norm !== null) tiles.push({ name: 'Gradient norm', value: formatNumber(norm) });
  const skipped = score('skipped') ?? 0;
  if (skipped > 0) tiles.push({ name: 'Unreadable images', value: formatCount(skipped) });
  return tiles;
}

function fill(id: string, tiles: readonly Tile[]): void {
  byId(id).replaceChildren(
    ...tiles.map(({ name, value, more }) =>
      element(
        'div',
        {},
        element('dt', {}, name),
        element('dd', {}, value, ...(more ? [element('small', {}, more)] : [])),
      ),
    ),
  );
}
