import type { ProgressDisplay, ProgressState } from '../../src/core/progress.js';
import { emptyMetrics } from '../../src/inference/metrics.js';
import { bestEpoch } from '../../src/report/run-metrics.js';
import { ConsoleLogger } from '../../src/run/console-logger.js';
import { epochRecord, stepRecord } from '../../src/run/event-records.js';
import { checkRecord, type EpochRecord } from '../../src/run/records/records.js';
import type { EpochEvent, StepEvent } from '../../src/train/fit-events.js';
import type { RunStart } from '../../src/train/logger.js';
import { runRecords } from '../support/runs.js';

const losses = { loss: 1.5, mainLoss: 1, aux1Loss: null, aux2Loss: null };
const noAux = { aux1Loss: null, aux2Loss: null, aux1Top1: null, aux2Top1: null };
const stepEvent: StepEvent = {
  ...{ type: 'step', epoch: 2, step: 7, stepsPerEpoch: 5, count: 20, imagesPerSecond: 10, lr: 0.01 },
  ...{ correct: 5, correctTop5: 10, aux1Correct: null, aux2Correct: null, gradNorm: null },
  ...losses,
};
const scores = { loss: 1.25, mainLoss: 1, top1: 0.5, top5: 0.75, ...noAux };
const skipped = [{ index: 0, name: 'a.png', reason: 'damaged' }];
const macro = { precision: 0.5, recall: 0.5, f1: 0.5 };
const found = { images: 30, classes: [], macro, skipped, confusion: null, mistakes: [], samples: [] };
const epoch: EpochEvent = {
  ...{ type: 'epoch', epoch: 2, step: 10, lr: 0.01, seconds: 65, imagesPerSecond: 10, skipped: 2 },
  ...{ train: scores, validation: { ...scores, ...found, top1: 0.25 } },
};

function watch() {
  const seen: { lines: string[]; status: ProgressState | undefined } = { lines: [], status: undefined };
  const display: ProgressDisplay = {
    update: (status) => {
      seen.status = status;
    },
    line: (text) => seen.lines.push(text),
    close: () => undefined,
  };
  const time = { ms: 0 };
  const logger = ConsoleLogger.on(display, () => time.ms);
  const trainer = { state: { epoch: 1, metrics: emptyMetrics() }, model: { auxLogits: false } };
  const settings = { epochs: 3, steps: null };
  const run = { trainer, settings, images: 100, stepsPerEpoch: 5, validation: { length: 30 } };
  logger.start(run as unknown as RunStart);
  /** Of an epoch with the metrics of {@link scores}. */
  const step = (trained: number) => {
    const { loss, mainLoss, top1, top5 } = scores;
    trainer.state.metrics = {
      ...{ ...emptyMetrics(), count: trained, loss: loss * trained, mainLoss: mainLoss * trained },
      ...{ correct: top1 * trained, correctTop5: top5 * trained },
    };
    logger.event(stepEvent);
  };
  const validated = (done: number, total: number) => logger.event({ type: 'validation', done, total });
  return { seen, time, logger, step, validated };
}

test('a step shows the means of its epoch, the speed and the time left', () => {
  const { seen, step } = watch();
  step(40);
  // 60 + 100 images at 10 a second, and 2 × 30 at three times that speed.
  expect(seen.status).toEqual({
    label: 'epoch 2/3',
    done: 40,
    total: 100,
    details: ['loss 1.2500', 'top-1 50.00 %', '10.0 images/s'],
    timeLeft: '0:18 left',
  });
});

test('the speed of the validation is measured', () => {
  const { seen, time, step, validated } = watch();
  step(100);
  time.ms = 1000;
  validated(10, 30);
  // 100 images at 10 a second, and 20 + 30 at 10 a second.
  expect(seen.status).toEqual({
    label: 'epoch 2/3 validation',
    done: 10,
    total: 30,
    details: [],
    timeLeft: '0:15 left',
  });
});

test('an epoch leaves a line', () => {
  const { seen, logger } = watch();
  logger.event(epoch);
  expect(seen.lines).toEqual([
    'epoch 2/3  train loss 1.2500  top-1 50.00 %   validation loss 1.2500  top-1 25.00 %   lr 0.01000   1:05',
  ]);
});

test('events become records that the run log takes', () => {
  expect(checkRecord(stepRecord(stepEvent))).toMatchObject({ step: 7, top1: 0.25, aux1Loss: null });
  expect(checkRecord(epochRecord(epoch))).toMatchObject({
    epoch: 2,
    validation: { top1: 0.25 },
    skipped: 3,
  });
  expect(checkRecord(epochRecord({ ...epoch, imagesPerSecond: Number.NaN })).imagesPerSecond).toBeNull();
});

test('the best epoch is the one with the highest accuracy, the earliest of equals', () => {
  const epochs = runRecords({ epochs: 4, stepsPerEpoch: 1 }).filter(
    (r): r is EpochRecord => r.type === 'epoch',
  );
  const [first] = epochs;
  expect(bestEpoch(epochs)?.epoch).toBe(4);
  expect(bestEpoch([...epochs].reverse().concat(epochs))?.epoch).toBe(4);
  expect(bestEpoch(first ? [first, { ...first, epoch: 9 }] : [])?.epoch).toBe(1);
  expect(bestEpoch(epochs.map((record) => ({ ...record, validation: null })))).toBeNull();
});
