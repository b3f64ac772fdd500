/// <reference lib="dom" />
/** The tiles at the top of the page: the progress of the run and its latest metrics. */
import type { Row, Snapshot, Table } from '../protocol.js';
import { byId, element } from './dom.mjs';
import {
  formatCount,
  formatDurationInWords,
  formatLoss,
  formatPercent,
  formatRate,
  formatSpeed,
  formatTime,
} from './format.mjs';
import { allRows, cellOf } from './model.mjs';

interface Tile {
  name: string;
  value: string;
  /** A smaller line below the value. */
  detail?: string;
}

export function showTiles(snapshot: Snapshot): void {
  fill('position', progressTiles(snapshot));
  fill('metrics', metricTiles(snapshot));
}

function progressTiles({ progress, status }: Snapshot): Tile[] {
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
      detail: isRunning ? phaseText(progress) : '',
    },
    { name: 'Step', value: formatCount(step), detail: steps === null ? '' : `of ${formatCount(steps)}` },
    isRunning
      ? {
          ...{ name: 'Time left', value: formatDurationInWords(secondsLeft) },
          detail: ends === null ? '' : `until ${formatTime(ends)}`,
        }
      : { name: 'Last record', value: formatTime(updatedAt) },
    {
      ...{ name: 'Elapsed', value: formatDurationInWords(elapsed) },
      detail: startedAt === null ? '' : `since ${formatTime(startedAt)}`,
    },
    { name: 'Speed', value: formatSpeed(progress.imagesPerSecond), detail: 'images/s' },
  ];
}

function phaseText({ phase, done, total }: Snapshot['progress']): string {
  const count =
    done === null || total === null ? '' : `, ${formatCount(done)} of ${formatCount(total)} images`;
  return `${phase}${count}`;
}

function metricTiles({ steps, epochs, latestStep }: Snapshot): Tile[] {
  const rows = allRows(epochs);
  const last = rows.at(-1);
  const best = bestValidation(epochs);
  const norm = cellOf(steps, latestStep, 'gradNorm');
  const skipped = cellOf(epochs, last, 'skipped') ?? 0;
  const batch = {
    name: 'Latest batch',
    value: formatLoss(cellOf(steps, latestStep, 'loss')),
    detail: `loss, top-1 ${formatPercent(cellOf(steps, latestStep, 'top1'))}`,
  };
  return [
    batch,
    ...epochTiles(epochs, last),
    ...(best === null ? [] : [{ ...epochTile('Best validation', epochs, best, 'validation') }]),
    { name: 'Learning rate', value: formatRate(cellOf(steps, latestStep, 'lr')) },
    ...(norm === null ? [] : [{ name: 'Gradient norm', value: formatLoss(norm) }]),
    ...(skipped > 0
      ? [{ name: 'Unreadable images', value: formatCount(skipped), detail: 'skipped in the latest epoch' }]
      : []),
  ];
}

function epochTiles(epochs: Table, last: Row | undefined): Tile[] {
  if (last === undefined)
    return [{ name: 'Training', value: '–', detail: 'the first epoch has not finished' }];
  const training = epochTile('Training', epochs, last, 'train');
  if (cellOf(epochs, last, 'validation.top1') === null) return [training];
  return [training, epochTile('Validation', epochs, last, 'validation')];
}

const epochTile = (name: string, table: Table, row: Row, part: 'train' | 'validation'): Tile => ({
  name: `${name}, epoch ${formatCount(cellOf(table, row, 'epoch'))}`,
  value: formatPercent(cellOf(table, row, `${part}.top1`)),
  detail: `top-1, loss ${formatLoss(cellOf(table, row, `${part}.loss`))}`,
});

/** The earliest epoch with the highest top-1 accuracy. */
function bestValidation(epochs: Table): Row | null {
  const top1 = (row: Row) => cellOf(epochs, row, 'validation.top1');
  return allRows(epochs).reduce<Row | null>((best, row) => {
    const value = top1(row);
    return value !== null && value > (best === null ? -1 : (top1(best) ?? -1)) ? row : best;
  }, null);
}

function fill(id: string, tiles: readonly Tile[]): void {
  byId(id).replaceChildren(
    ...tiles.map(({ name, value, detail }) =>
      element(
        'div',
        {},
        element('dt', {}, name),
        element('dd', {}, value, ...(detail ? [element('small', {}, detail)] : [])),
      ),
    ),
  );
}
