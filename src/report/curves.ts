/** The records of a run → the points of its curves. */
import type { EpochRecord, Metric, RunRecord, StepRecord } from '../run/records/records.js';

export type Point = [x: number, value: number];

/** The horizontal axis of a curve: epochs, with fractions for single steps, or steps. */
export type XAxis = 'epoch' | 'step';

export interface RunCurves {
  epochs: readonly EpochRecord[];
  steps: readonly StepRecord[];
  stepsPerEpoch: number;
}

/** More points would only blacken a chart. */
const MAX_POINTS = 400;
/** The largest float32, in which everything is measured; a file may hold more. */
const LARGEST = 3.5e38;

export function curvesOf(records: readonly RunRecord[]): RunCurves {
  const epochs = records.filter((record): record is EpochRecord => record.type === 'epoch');
  const steps = records.filter((record): record is StepRecord => record.type === 'step');
  return { epochs, steps, stepsPerEpoch: stepsPerEpoch(epochs, steps) };
}

/** The length of an epoch is unknown until the first one ends; until then its steps fill the axis. */
function stepsPerEpoch(epochs: readonly EpochRecord[], steps: readonly StepRecord[]): number {
  const complete = epochs.at(-1);
  return complete ? complete.step / complete.epoch : (steps.at(-1)?.step ?? 1);
}

/** The latest step of the run, or the epoch that it belongs to. */
export function endOf({ epochs, steps, stepsPerEpoch }: RunCurves, x: XAxis): number {
  const step = Math.max(steps.at(-1)?.step ?? 0, epochs.at(-1)?.step ?? 0);
  return x === 'step' ? step : step / stepsPerEpoch;
}

/** Values of single steps in training; means of neighbors where there are more than `most`. */
export function stepPoints(
  { steps, stepsPerEpoch }: RunCurves,
  x: XAxis,
  value: (record: StepRecord) => Metric,
  most: number = MAX_POINTS,
): Point[] {
  const length = x === 'epoch' ? stepsPerEpoch : 1;
  return thinOut(defined(steps.map((record) => [record.step / length, value(record)])), most);
}

/** Means over whole epochs, at their end. */
export function epochPoints(
  { epochs }: RunCurves,
  x: XAxis,
  value: (record: EpochRecord) => Metric | undefined,
): Point[] {
  return defined(epochs.map((record) => [record[x], value(record)]));
}

const defined = (points: readonly [number, Metric | undefined][]): Point[] =>
  points.filter((point): point is Point => Math.abs(point[1] ?? Number.NaN) <= LARGEST);

/** Means of neighbors: the shape stays, and a million steps draw as fast as a hundred. */
function thinOut(points: readonly Point[], most: number): Point[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return [...points];
  const mean = (group: readonly Point[], axis: 0 | 1) =>
    group.reduce((sum, point) => sum + point[axis], 0) / group.length;
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size),
  );
  return groups.map((group): Point => [mean(group, 0), mean(group, 1)]);
}
