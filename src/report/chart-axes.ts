/** The axes of the charts of losses, accuracies and other values. */
import type { Chart } from './chart.js';
import { tickNumber, tickPercent } from './format.js';

type Axes = Pick<Chart, 'yTitle' | 'formatTick' | 'ceiling' | 'mayBeLogarithmic'>;

const VALUE = { formatTick: tickNumber, ceiling: Number.POSITIVE_INFINITY } as const;

/** Cross-entropy is in nats: its logarithm is the natural one. */
export const LOSS: Axes = { ...VALUE, yTitle: 'cross-entropy (nats)', mayBeLogarithmic: true };
/** The loss that training minimizes. */
export const TOTAL_LOSS: Axes = { ...LOSS, yTitle: 'total loss (nats)' };
export const ACCURACY: Axes = {
  ...{ yTitle: 'accuracy', formatTick: tickPercent, ceiling: 1, mayBeLogarithmic: false },
};
export const TOP1: Axes = { ...ACCURACY, yTitle: 'top-1 accuracy' };
export const LEARNING_RATE: Axes = { ...VALUE, yTitle: 'learning rate', mayBeLogarithmic: false };
export const SPEED: Axes = { ...VALUE, yTitle: 'images per second', mayBeLogarithmic: false };
export const GRADIENT_NORM: Axes = { ...VALUE, yTitle: 'L2 norm', mayBeLogarithmic: true };
