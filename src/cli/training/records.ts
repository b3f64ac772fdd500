import type { EpochRecord, StepRecord } from '../../report/records.js';
import type { EpochEvent, StepEvent } from '../../train/fit.js';

/** JSON has no NaN and no infinity. */
const metric = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

export const stepRecord = (event: StepEvent): StepRecord => ({
  type: 'step',
  step: event.step,
  epoch: event.epoch,
  time: Date.now() / 1000,
  lr: event.lr,
  loss: metric(event.loss),
  mainLoss: metric(event.mainLoss),
  aux1Loss: metric(event.aux1Loss),
  aux2Loss: metric(event.aux2Loss),
  top1: event.correct / event.count,
  aux1Top1: null,
  aux2Top1: null,
  gradNorm: null,
  imagesPerSecond: metric(event.imagesPerSecond),
});

const NO_HEADS = { mainLoss: null, aux1Loss: null, aux2Loss: null, aux1Top1: null, aux2Top1: null };

export const epochRecord = (event: EpochEvent): EpochRecord => ({
  type: 'epoch',
  epoch: event.epoch,
  step: event.step,
  time: Date.now() / 1000,
  lr: event.lr,
  train: { ...NO_HEADS, ...event.train },
  validation: event.validation && { ...NO_HEADS, ...event.validation, loss: metric(event.validation.loss) },
  skipped: 0,
  imagesPerSecond: metric(event.imagesPerSecond),
  seconds: event.seconds,
});

/** The epoch with the highest accuracy on the validation pictures; the earliest of equals. */
export function bestOf(epochs: readonly EpochRecord[]): EpochRecord | null {
  let best: EpochRecord | null = null;
  for (const epoch of epochs) {
    const top1 = epoch.validation?.top1 ?? null;
    if (top1 !== null && top1 > (best?.validation?.top1 ?? -1)) best = epoch;
  }
  return best;
}
