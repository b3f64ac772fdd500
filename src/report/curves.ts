/** The records of a run → the points of its curves, along an axis that counts epochs. */
import type { EpochRecord, EpochScores, RunRecord, StepRecord } from './records.js';

export type Point = [epoch: number, value: number];

export interface Curves {
  /** Of single batches while the model is trained; averaged in groups where there are many. */
  steps: Point[];
  /** Means over whole epochs. */
  train: Point[];
  validation: Point[];
}

/** What the two charts show: the total loss and the top-1 accuracy. */
export type Quantity = 'loss' | 'top1';

/** More than these would only blacken the chart. */
const MAX_STEP_POINTS = 400;

export function curvesOf(records: readonly RunRecord[], quantity: Quantity): Curves {
  const epochs = records.filter((record): record is EpochRecord => record.type === 'epoch');
  const steps = records.filter((record): record is StepRecord => record.type === 'step');
  const perEpoch = stepsPerEpoch(epochs, steps);
  const ofEpochs = (scores: (record: EpochRecord) => EpochScores | null) =>
    defined(epochs.map((record) => [record.epoch, scores(record)?.[quantity]]));
  return {
    steps: thinOut(defined(steps.map((record) => [record.step / perEpoch, record[quantity]]))),
    train: ofEpochs((record) => record.train),
    validation: ofEpochs((record) => record.validation),
  };
}

/** Before the first epoch is over its length is not known; what there is of it then fills the axis. */
function stepsPerEpoch(epochs: readonly EpochRecord[], steps: readonly StepRecord[]): number {
  const complete = epochs.at(-1);
  return complete ? complete.step / complete.epoch : (steps.at(-1)?.step ?? 1);
}

const defined = (points: readonly [number, number | null | undefined][]): Point[] =>
  points.filter((point): point is Point => Number.isFinite(point[1]));

/** Means of neighbours, so that the shape stays and a million steps draw as fast as a hundred. */
function thinOut(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / MAX_STEP_POINTS);
  if (size <= 1) return [...points];
  const mean = (group: readonly Point[], axis: 0 | 1) =>
    group.reduce((sum, point) => sum + point[axis], 0) / group.length;
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size),
  );
  return groups.map((group): Point => [mean(group, 0), mean(group, 1)]);
}
