/** The points of a line, from the tables of a run. */
import type { Row, Snapshot } from '../protocol.js';
import type { LineSpec } from './chart-specs.mjs';
import { allRows, cellOf } from './model.mjs';

export type XAxis = 'step' | 'epoch';
export type Point = [x: number, value: number];

export function pointsOf(line: LineSpec, snapshot: Snapshot, axis: XAxis): Point[] {
  const table = snapshot[line.from];
  const length = stepsPerUnit(snapshot, axis);
  const x = (row: Row) => (cellOf(table, row, 'step') ?? 0) / length;
  const points = allRows(table).flatMap((row): Point[] => {
    const value = cellOf(table, row, line.column);
    return value === null ? [] : [[x(row), value]];
  });
  const isNoisy = line.style === 'thin' && line.column !== 'lr';
  return isNoisy ? smooth(points) : points;
}

/** The latest step of the run, or the epoch that it belongs to. */
export const endOf = (snapshot: Snapshot, axis: XAxis): number =>
  snapshot.progress.step / stepsPerUnit(snapshot, axis);

const stepsPerUnit = ({ progress }: Snapshot, axis: XAxis): number =>
  axis === 'step' ? 1 : (progress.stepsPerEpoch ?? 1);

/** Rows on each side of a smoothed point that enter its mean, as a fraction of all rows. */
const SMOOTHING = 1 / 60;

/** The mean of each point and its neighbors. */
function smooth(points: readonly Point[]): Point[] {
  const reach = Math.floor(points.length * SMOOTHING);
  let sum = 0;
  const sums = [0, ...points.map(([, value]) => (sum += value))];
  return points.map(([x], i) => {
    const [from, to] = [Math.max(0, i - reach), Math.min(points.length, i + reach + 1)];
    return [x, ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from)];
  });
}
