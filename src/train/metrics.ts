import type { BatchResult } from './trainer.js';

/** Means over images. What belongs to an auxiliary head is null in a model without them. */
export interface Metrics {
  /** mainLoss + auxWeight · aux1Loss + auxWeight · aux2Loss */
  loss: number;
  mainLoss: number;
  aux1Loss: number | null;
  aux2Loss: number | null;
  /** Fraction of images whose label has the highest main logit. */
  top1: number;
  /** … is among the five highest. */
  top5: number;
  aux1Top1: number | null;
  aux2Top1: number | null;
}

const SUMS = [
  'count',
  'loss',
  'mainLoss',
  'aux1Loss',
  'aux2Loss',
  'correct',
  'correctTop5',
  'aux1Correct',
  'aux2Correct',
] as const;

/** Sums from which scores are made; plain numbers, so that a checkpoint can hold them. */
export type MetricAccumulator = Readonly<Record<(typeof SUMS)[number], number>>;

export const METRIC_SUMS: readonly (keyof MetricAccumulator)[] = SUMS;

export const emptyMetrics = (): MetricAccumulator =>
  Object.fromEntries(SUMS.map((key) => [key, 0])) as Record<keyof MetricAccumulator, number>;

export function updateMetrics(
  tally: MetricAccumulator,
  result: BatchResult,
  count: number,
): MetricAccumulator {
  return {
    count: tally.count + count,
    loss: tally.loss + result.loss * count,
    mainLoss: tally.mainLoss + result.mainLoss * count,
    aux1Loss: tally.aux1Loss + (result.aux1Loss ?? 0) * count,
    aux2Loss: tally.aux2Loss + (result.aux2Loss ?? 0) * count,
    correct: tally.correct + result.correct,
    correctTop5: tally.correctTop5 + result.correctTop5,
    aux1Correct: tally.aux1Correct + (result.aux1Correct ?? 0),
    aux2Correct: tally.aux2Correct + (result.aux2Correct ?? 0),
  };
}

export const mergeMetrics = (a: MetricAccumulator, b: MetricAccumulator): MetricAccumulator =>
  Object.fromEntries(SUMS.map((key) => [key, a[key] + b[key]])) as Record<keyof MetricAccumulator, number>;

/** @param hasAux whether the model has auxiliary heads. */
export function computeMetrics(tally: MetricAccumulator, hasAux: boolean): Metrics {
  const mean = (sum: number) => sum / tally.count;
  const ofAux = (sum: number) => (hasAux ? mean(sum) : null);
  return {
    loss: mean(tally.loss),
    mainLoss: mean(tally.mainLoss),
    aux1Loss: ofAux(tally.aux1Loss),
    aux2Loss: ofAux(tally.aux2Loss),
    top1: mean(tally.correct),
    top5: mean(tally.correctTop5),
    aux1Top1: ofAux(tally.aux1Correct),
    aux2Top1: ofAux(tally.aux2Correct),
  };
}
