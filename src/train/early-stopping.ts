/** When a run stops early: a pure function of its state, so that a resumed run stops where it would have. */
import { readSetting } from '../core/settings.js';
import { TRAINING_SETTINGS as S } from '../core/training-settings.js';
import { integer, number, readOptions } from '../core/validation.js';
import type { Metrics } from '../inference/metrics.js';
import type { Best, Metric, TrainState } from './train-state.js';

export interface EarlyStoppingOptions {
  /** Epochs without a better score after which the run ends. */
  patience: number;
  /** What is better: a higher top-1 accuracy on the validation images (the default), or a lower loss. */
  metric?: Metric;
  /** The smallest improvement that counts. Default 0. */
  minDelta?: number;
}

export type EarlyStopping = Required<EarlyStoppingOptions>;

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readEarlyStopping(value: unknown): EarlyStopping {
  const read = readOptions('earlyStopping', value, ['patience', 'metric', 'minDelta']);
  return {
    patience: integer('earlyStopping.patience', read.patience, 1),
    metric: readSetting(S.patienceMetric, 'earlyStopping.metric', read.metric),
    minDelta: number('earlyStopping.minDelta', read.minDelta ?? 0, { min: 0 }),
  };
}

/** Higher is better, whatever is measured. */
export const scoreOf = (scores: Metrics, metric: Metric): number =>
  metric === 'loss' ? -scores.loss : scores.top1;

export const isBetter = (score: number, best: Best | null, { minDelta }: EarlyStopping): boolean =>
  best === null || score > best.score + minDelta;

export const hasStalled = ({ epoch, best }: TrainState, { patience }: EarlyStopping): boolean =>
  best !== null && epoch - best.epoch >= patience;
