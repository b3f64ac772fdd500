/** What a run writes down about itself, one JSON object a line of `metrics.jsonl`. */
import { integer, invalid, number, object, oneOf } from '../../core/validation.js';

/** JSON has no NaN: a loss that does not exist (no auxiliary heads) or has diverged is written as null. */
export type Metric = number | null;

export interface StepRecord {
  type: 'step';
  /** Of the whole run, counted from 1. */
  step: number;
  /** Counted from 1. */
  epoch: number;
  /** Seconds since 1970, when the step was over. */
  time: number;
  lr: number;
  /** Cross entropy of the main head plus the weighted ones of the auxiliary heads. */
  loss: Metric;
  mainLoss: Metric;
  aux1Loss: Metric;
  aux2Loss: Metric;
  /** Fraction of the batch whose label has the highest logit of the main head. */
  top1: Metric;
  aux1Top1: Metric;
  aux2Top1: Metric;
  /** L2 norm of all gradients before they were clipped; null where they are not. */
  gradNorm: Metric;
  imagesPerSecond: Metric;
}

export interface EpochMetrics {
  loss: Metric;
  mainLoss: Metric;
  aux1Loss: Metric;
  aux2Loss: Metric;
  /** Fractions of the images, in [0, 1]. */
  top1: Metric;
  top5: Metric;
  aux1Top1: Metric;
  aux2Top1: Metric;
}

export interface EpochRecord {
  type: 'epoch';
  /** Counted from 1. */
  epoch: number;
  /** The last step of the epoch. */
  step: number;
  /** Seconds since 1970, when the epoch was over. */
  time: number;
  lr: number;
  /** Means over the epoch while the model changed. */
  train: EpochMetrics;
  validation: EpochMetrics | null;
  /** Images of the epoch that could not be read and were left out. */
  skipped: number;
  imagesPerSecond: Metric;
  seconds: number;
}

export type RunRecord = StepRecord | EpochRecord;

/** @throws GoogLeNetError `INVALID_ARGUMENT` naming the field that is missing or wrong. */
export function checkRecord(value: unknown): RunRecord {
  const record = object('record', value);
  const type = oneOf('record.type', record.type, ['step', 'epoch'] as const);
  integer('record.step', record.step, 1);
  integer('record.epoch', record.epoch, 1);
  number('record.time', record.time, { min: 0, max: LAST_TIME });
  number('record.lr', record.lr);
  metrics('record', record, ['imagesPerSecond']);
  if (type === 'step') {
    metrics('record', record, STEP_METRICS);
  } else {
    number('record.seconds', record.seconds, { min: 0 });
    integer('record.skipped', record.skipped, 0);
    scores('record.train', record.train);
    if (record.validation !== null) scores('record.validation', record.validation);
  }
  return value as RunRecord;
}

/** The last second that `Date` can hold. */
const LAST_TIME = 8.64e12;

/** What a step measures, besides its speed. */
export const STEP_METRICS = [
  'loss',
  'mainLoss',
  'aux1Loss',
  'aux2Loss',
  'top1',
  'aux1Top1',
  'aux2Top1',
  'gradNorm',
] as const satisfies readonly (keyof StepRecord)[];

export const EPOCH_METRICS = [
  'loss',
  'mainLoss',
  'aux1Loss',
  'aux2Loss',
  'top1',
  'top5',
  'aux1Top1',
  'aux2Top1',
] as const satisfies readonly (keyof EpochMetrics)[];

const scores = (name: string, value: unknown) => metrics(name, object(name, value), EPOCH_METRICS);

function metrics(name: string, record: Record<string, unknown>, keys: readonly string[]): void {
  for (const key of keys) {
    const value = record[key];
    if (value !== null && typeof value !== 'number')
      throw invalid(`${name}.${key}`, 'a number or null', value);
  }
}
