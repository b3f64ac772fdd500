/** Events of a run → what its folder holds. */

import type { Metrics } from '../inference/metrics.js';
import type { EpochEvent, StepEvent } from '../train/fit-events.js';
import type { EpochMetrics, EpochRecord, Metric, StepRecord } from './records/records.js';

/** JSON has no NaN and no infinity. */
const metric = (value: number | null): Metric => (value !== null && Number.isFinite(value) ? value : null);

const fraction = (correct: number | null, count: number): Metric =>
  correct === null ? null : correct / count;

const now = (): number => Date.now() / 1000;

export const stepRecord = (event: StepEvent): StepRecord => ({
  type: 'step',
  step: event.step,
  epoch: event.epoch,
  time: now(),
  lr: event.lr,
  loss: metric(event.loss),
  mainLoss: metric(event.mainLoss),
  aux1Loss: metric(event.aux1Loss),
  aux2Loss: metric(event.aux2Loss),
  top1: event.correct / event.count,
  aux1Top1: fraction(event.aux1Correct, event.count),
  aux2Top1: fraction(event.aux2Correct, event.count),
  gradNorm: metric(event.gradNorm),
  imagesPerSecond: metric(event.imagesPerSecond),
});

const epochScores = (scores: Metrics): EpochMetrics => ({
  loss: metric(scores.loss),
  mainLoss: metric(scores.mainLoss),
  aux1Loss: metric(scores.aux1Loss),
  aux2Loss: metric(scores.aux2Loss),
  top1: scores.top1,
  top5: scores.top5,
  aux1Top1: scores.aux1Top1,
  aux2Top1: scores.aux2Top1,
});

export const epochRecord = (event: EpochEvent): EpochRecord => ({
  type: 'epoch',
  epoch: event.epoch,
  step: event.step,
  time: now(),
  lr: event.lr,
  train: epochScores(event.train),
  validation: event.validation && epochScores(event.validation),
  skipped: event.skipped + (event.validation?.skipped.length ?? 0),
  imagesPerSecond: metric(event.imagesPerSecond),
  seconds: event.seconds,
});
