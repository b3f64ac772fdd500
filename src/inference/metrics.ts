/** Losses and accuracies over images, summed up batch by batch. */

/** Losses and correct images of one batch. What belongs to an auxiliary head is `null` in a model without them. */
export interface BatchResult {
  /** mainLoss + auxWeight · aux1Loss + auxWeight · aux2Loss */
  loss: number;
  mainLoss: number;
  aux1Loss: number | null;
  aux2Loss: number | null;
  /** Images whose label has the highest main logit. */
  correct: number;
  /** Images whose label is among the five highest main logits. */
  correctTop5: number;
  /** As `correct`, of the auxiliary heads. */
  aux1Correct: number | null;
  aux2Correct: number | null;
}

export interface BatchEvaluation extends BatchResult {
  /** The most likely class of each image, its probability, and that of the label. */
  predicted: Int32Array;
  probabilities: Float32Array;
  labelProbabilities: Float32Array;
}

/** Means over images. What belongs to an auxiliary head is null in a model without them. */
export interface Metrics {
  /** mainLoss + auxWeight · aux1Loss + auxWeight · aux2Loss */
  loss: number;
  mainLoss: number;
  aux1Loss: number | null;
  aux2Loss: number | null;
  /** Fraction of images whose label has the highest main logit. */
  top1: number;
  /** Fraction of images whose label is among the five highest main logits. */
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

/** Sums over images, from which metrics are computed; plain numbers, so that a checkpoint can hold them. */
export type MetricAccumulator = Readonly<Record<(typeof SUMS)[number], number>>;

export const METRIC_SUMS: readonly (keyof MetricAccumulator)[] = SUMS;

export const emptyMetrics = (): MetricAccumulator =>
  Object.fromEntries(SUMS.map((key) => [key, 0])) as Record<keyof MetricAccumulator, number>;

/** @param count images of the batch. */
export function updateMetrics(
  sums: MetricAccumulator,
  result: BatchResult,
  count: number,
): MetricAccumulator {
  return {
    count: sums.count + count,
    loss: sums.loss + result.loss * count,
    mainLoss: sums.mainLoss + result.mainLoss * count,
    aux1Loss: sums.aux1Loss + (result.aux1Loss ?? 0) * count,
    aux2Loss: sums.aux2Loss + (result.aux2Loss ?? 0) * count,
    correct: sums.correct + result.correct,
    correctTop5: sums.correctTop5 + result.correctTop5,
    aux1Correct: sums.aux1Correct + (result.aux1Correct ?? 0),
    aux2Correct: sums.aux2Correct + (result.aux2Correct ?? 0),
  };
}

export const mergeMetrics = (a: MetricAccumulator, b: MetricAccumulator): MetricAccumulator =>
  Object.fromEntries(SUMS.map((key) => [key, a[key] + b[key]])) as Record<keyof MetricAccumulator, number>;

/** @param hasAux whether the auxiliary heads had logits. */
export function computeMetrics(sums: MetricAccumulator, hasAux: boolean): Metrics {
  const mean = (sum: number) => sum / sums.count;
  const ofAux = (sum: number) => (hasAux ? mean(sum) : null);
  return {
    loss: mean(sums.loss),
    mainLoss: mean(sums.mainLoss),
    aux1Loss: ofAux(sums.aux1Loss),
    aux2Loss: ofAux(sums.aux2Loss),
    top1: mean(sums.correct),
    top5: mean(sums.correctTop5),
    aux1Top1: ofAux(sums.aux1Correct),
    aux2Top1: ofAux(sums.aux2Correct),
  };
}

/** The metrics alone, of an object that has more fields. */
export const onlyMetrics = (of: Metrics): Metrics => {
  const { loss, mainLoss, aux1Loss, aux2Loss, top1, top5, aux1Top1, aux2Top1 } = of;
  return { loss, mainLoss, aux1Loss, aux2Loss, top1, top5, aux1Top1, aux2Top1 };
};
