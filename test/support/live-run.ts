/** What a run records, for tests of its page. */
import type { EpochMetrics, EpochRecord, StepRecord } from '../../src/run/records/records.js';
import type { ImagePrediction, ValidationRecord } from '../../src/run/records/validation-record.js';

/** Seconds since 1970 of step 0; a step takes one. */
export const STARTED_AT = Math.floor(Date.now() / 1000) - 3600;
export const STEPS_PER_EPOCH = 10;

export const stepRecord = (step: number, more: Partial<StepRecord> = {}): StepRecord => ({
  type: 'step',
  step,
  epoch: Math.ceil(step / STEPS_PER_EPOCH),
  time: STARTED_AT + step,
  lr: 0.01,
  loss: 3 / step,
  mainLoss: 2 / step,
  aux1Loss: 2.2 / step,
  aux2Loss: 2.1 / step,
  top1: 0.5,
  aux1Top1: 0.4,
  aux2Top1: 0.45,
  gradNorm: null,
  imagesPerSecond: 16,
  ...more,
});

const scores = (loss: number): EpochMetrics => ({
  ...{ loss, mainLoss: loss, aux1Loss: loss, aux2Loss: loss },
  ...{ top1: 0.6, top5: 0.9, aux1Top1: 0.5, aux2Top1: 0.55 },
});

export const epochRecord = (epoch: number, more: Partial<EpochRecord> = {}): EpochRecord => ({
  type: 'epoch',
  epoch,
  step: epoch * STEPS_PER_EPOCH,
  time: STARTED_AT + epoch * STEPS_PER_EPOCH,
  lr: 0.01,
  train: scores(1),
  validation: scores(1.2),
  skipped: 0,
  imagesPerSecond: 16,
  seconds: STEPS_PER_EPOCH,
  ...more,
});

/** Settings of a run of four epochs. */
export const SETTINGS = {
  train: { folder: 'images/train', images: STEPS_PER_EPOCH * 16 },
  settings: { epochs: 4, batchSize: 16, lr: 0.01 },
  classes: ['cat', 'dog'],
};

/** One white pixel. */
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTDQfgAAAABJRU5ErkJggg==';

export const prediction = (more: Partial<ImagePrediction> = {}): ImagePrediction => ({
  name: 'images/test/cat/1.png',
  label: 0,
  predicted: 0,
  probability: 0.9,
  labelProbability: 0.9,
  image: PIXEL,
  ...more,
});

export const validationRecord = (more: Partial<ValidationRecord> = {}): ValidationRecord => ({
  epoch: 1,
  step: STEPS_PER_EPOCH,
  classes: ['cat', 'dog'],
  confusion: [
    [8, 2],
    [1, 9],
  ],
  mistakes: [prediction({ predicted: 1, probability: 0.8, labelProbability: 0.2 })],
  samples: [prediction(), prediction({ label: 1, predicted: 0 })],
  ...more,
});

export const lines = (...records: object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
