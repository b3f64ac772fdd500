/** What a run writes down about itself, one JSON object a line of `metrics.jsonl`. */
import { invalid, object, oneOf } from '../validate.js';

/** JSON has no NaN: a loss that does not exist (no auxiliary heads) or has diverged is written as null. */
export type Metric = number | null;

export interface StepRecord {
  type: 'step';
  /** Of the whole run, counted from 1. */
  step: number;
  /** Counted from 1. */
  epoch: number;
  /** Seconds since 1970. */
  time: number;
  lr: number;
  /** Cross entropy of the main head plus the weighted ones of the auxiliary heads. */
  loss: Metric;
  mainLoss: Metric;
  aux1Loss: Metric;
  aux2Loss: Metric;
  /** Fraction of the batch whose label has the highest main logit. */
  top1: Metric;
  aux1Top1: Metric;
  aux2Top1: Metric;
  /** Null where gradients are not clipped. */
  gradNorm: Metric;
  imagesPerSecond: Metric;
}

export interface EpochScores {
  loss: Metric;
  mainLoss: Metric;
  aux1Loss: Metric;
  aux2Loss: Metric;
  /** Fractions of the pictures, in [0, 1]. */
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
  /** Seconds since 1970. */
  time: number;
  lr: number;
  /** Means over the epoch while the model changed. */
  train: EpochScores;
  validation: EpochScores | null;
  /** Unreadable pictures left out in this epoch. */
  skipped: number;
  imagesPerSecond: Metric;
  seconds: number;
}

export type RunRecord = StepRecord | EpochRecord;

/** @throws GoogLeNetError `INVALID_ARGUMENT` naming the field that is missing or wrong. */
export function checkRecord(value: unknown): RunRecord {
  const record = object('record', value);
  const type = oneOf('record.type', record.type, ['step', 'epoch'] as const);
  metrics('record', record, ['imagesPerSecond']);
  numbers(record, ['epoch', 'step', 'time', 'lr']);
  if (type === 'step') {
    metrics('record', record, [
      'loss',
      'mainLoss',
      'aux1Loss',
      'aux2Loss',
      'top1',
      'aux1Top1',
      'aux2Top1',
      'gradNorm',
    ]);
  } else {
    numbers(record, ['skipped', 'seconds']);
    metrics('record.train', object('record.train', record.train), SCORES);
    if (record.validation !== null) {
      metrics('record.validation', object('record.validation', record.validation), SCORES);
    }
  }
  return value as RunRecord;
}

const SCORES = ['loss', 'mainLoss', 'aux1Loss', 'aux2Loss', 'top1', 'top5', 'aux1Top1', 'aux2Top1'];

function numbers(record: Record<string, unknown>, keys: readonly string[]): void {
  for (const key of keys) {
    if (typeof record[key] !== 'number') throw invalid(`record.${key}`, 'a number', record[key]);
  }
}

function metrics(name: string, record: Record<string, unknown>, keys: readonly string[]): void {
  for (const key of keys) {
    const value = record[key];
    if (value !== null && typeof value !== 'number')
      throw invalid(`${name}.${key}`, 'a number or null', value);
  }
}
