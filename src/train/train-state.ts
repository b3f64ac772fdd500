/** The state of the training loop: what a checkpoint holds besides tensors, and all that the loop needs to resume. */
import { METRICS } from '../core/training-settings.js';
import { integer, invalid, number, object, oneOf } from '../core/validation.js';
import { emptyMetrics, METRIC_SUMS, type MetricAccumulator, type Metrics } from '../inference/metrics.js';
import { MAX_EPOCH } from './schedule.js';

export type Metric = (typeof METRICS)[number];

/** One finished epoch of a run. */
export interface EpochSummary {
  /** Counted from 1. */
  epoch: number;
  /** The last step of the epoch, counted from 1 over the whole run. */
  step: number;
  /** Learning rate of its last step. */
  lr: number;
  /** Means over the epoch's batches as they were trained on, so earlier ones are of a younger model. */
  train: Metrics;
  validation: Metrics | null;
  /** Images that could not be read and were left out. */
  skipped: number;
  seconds: number;
  imagesPerSecond: number;
}

/** The epoch whose weights early stopping would put back. */
export interface Best {
  epoch: number;
  /** Higher is better. */
  score: number;
  metric: Metric;
}

/** Everything that decides the batches of a run, as plain JSON: a `LoaderPlan`, of this version of the package or another. */
export type BatchSettings = Readonly<Record<string, unknown>>;

export interface TrainState {
  /** Completed epochs. */
  readonly epoch: number;
  /** Completed batches of the epoch under way. */
  readonly step: number;
  /** Completed steps of the run. */
  readonly globalStep: number;
  /** What the epoch under way has summed up so far. */
  readonly metrics: MetricAccumulator;
  /** Images of it that could not be read. */
  readonly skipped: number;
  /** Only with the same batches can an epoch be resumed in its middle. */
  readonly batches: BatchSettings | null;
  readonly best: Best | null;
  readonly history: readonly EpochSummary[];
}

export const initialState: TrainState = {
  epoch: 0,
  step: 0,
  globalStep: 0,
  metrics: emptyMetrics(),
  skipped: 0,
  batches: null,
  best: null,
  history: [],
};

/** Older epochs are forgotten. The header of a checkpoint has room for these and the names of a few thousand classes. */
export const MAX_HISTORY = 1000;

/** Believes nothing. @throws GoogLeNetError `INVALID_ARGUMENT` naming what is wrong. */
export function readTrainState(value: unknown): TrainState {
  const { epoch, step, globalStep, metrics, skipped, batches, best, history } = object('state', value);
  if (!Array.isArray(history) || history.length > MAX_HISTORY)
    throw invalid('state.history', `an array of at most ${MAX_HISTORY} epochs`, history);
  return {
    epoch: integer('state.epoch', epoch, 0, MAX_EPOCH),
    step: integer('state.step', step, 0),
    globalStep: integer('state.globalStep', globalStep, 0),
    metrics: readNumbers('state.metrics', metrics, METRIC_SUMS) as MetricAccumulator,
    skipped: integer('state.skipped', skipped, 0),
    batches: batches === null ? null : object('state.batches', batches),
    best: best === null ? null : readBest(best),
    history: history.map((summary, i) => readSummary(`state.history[${i}]`, summary)),
  };
}

function readBest(value: unknown): Best {
  const { epoch, score, metric } = object('state.best', value);
  return {
    epoch: integer('state.best.epoch', epoch, 1, MAX_EPOCH),
    score: number('state.best.score', score),
    metric: oneOf('state.best.metric', metric, METRICS),
  };
}

function readSummary(name: string, value: unknown): EpochSummary {
  const { train, validation, ...rest } = object(name, value);
  const numbers = ['epoch', 'step', 'lr', 'skipped', 'seconds', 'imagesPerSecond'];
  return {
    ...(readNumbers(name, rest, numbers) as Omit<EpochSummary, 'train' | 'validation'>),
    train: readScores(`${name}.train`, train),
    validation: validation === null ? null : readScores(`${name}.validation`, validation),
  };
}

function readScores(name: string, value: unknown): Metrics {
  const { aux1Loss, aux2Loss, aux1Top1, aux2Top1, ...main } = object(name, value);
  const aux = Object.entries({ aux1Loss, aux2Loss, aux1Top1, aux2Top1 }).map(([key, one]) => [
    key,
    one === null ? null : number(`${name}.${key}`, one),
  ]);
  return {
    ...readNumbers(name, main, ['loss', 'mainLoss', 'top1', 'top5']),
    ...Object.fromEntries(aux),
  } as Metrics;
}

function readNumbers(name: string, value: unknown, keys: readonly string[]): Record<string, number> {
  const read = object(name, value);
  return Object.fromEntries(keys.map((key) => [key, number(`${name}.${key}`, read[key])]));
}
