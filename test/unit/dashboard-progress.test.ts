import { ProgressMeter } from '../../src/dashboard/progress-meter.js';
import { epochRecord, SETTINGS, STARTED_AT, STEPS_PER_EPOCH, stepRecord } from '../support/live-run.js';

const meterAt = (steps: number): ProgressMeter => {
  const meter = new ProgressMeter();
  meter.setSettings(SETTINGS);
  for (let step = 1; step <= steps; step++) meter.step(stepRecord(step));
  return meter;
};

test('before the first step only the length of the run is known', () => {
  expect(meterAt(0).value).toEqual({
    ...{ phase: 'training', epoch: 0, epochs: 4, step: 0, stepsPerEpoch: STEPS_PER_EPOCH },
    ...{ done: null, total: null, fraction: 0, secondsLeft: null, imagesPerSecond: null },
    ...{ startedAt: null, updatedAt: null },
  });
});

test('without settings the end of the run is unknown', () => {
  const meter = new ProgressMeter();
  meter.setSettings(null);
  meter.step(stepRecord(5));
  expect(meter.value).toMatchObject({ step: 5, epochs: null, fraction: null, secondsLeft: null });
});

test('settings of the wrong type are ignored', () => {
  const meter = new ProgressMeter();
  meter.setSettings({ settings: 'none', train: { images: -1 } });
  expect(meter.value).toMatchObject({ epochs: null, stepsPerEpoch: null });
});

test('the remaining time follows from the duration of steps', () => {
  const { fraction, secondsLeft, startedAt, updatedAt } = meterAt(9).value;
  expect(fraction).toBe(9 / 40);
  expect(secondsLeft).toBeCloseTo(31);
  expect([startedAt, updatedAt]).toEqual([STARTED_AT + 1, STARTED_AT + 9]);
});

test('the remaining time includes validations after the first one', () => {
  const meter = meterAt(10);
  meter.epoch(epochRecord(1, { time: STARTED_AT + 15 }));
  expect(meter.value.secondsLeft).toBeCloseTo(30 * 1.5);
});

test('a pause before a run is resumed does not count as a slow step', () => {
  const meter = meterAt(10);
  meter.epoch(epochRecord(1));
  const pause = 100_000;
  for (let step = 11; step <= 13; step++) meter.step(stepRecord(step, { time: STARTED_AT + step + pause }));
  expect(meter.value.secondsLeft).toBeCloseTo(27);
});

test('after the last step of an epoch comes its validation, until the epoch is recorded', () => {
  const meter = meterAt(10);
  expect(meter.value.phase).toBe('validation');
  meter.epoch(epochRecord(1));
  expect(meter.value.phase).toBe('training');
});

test('progress within a phase complements the records, and the next step ends a validation', () => {
  const meter = meterAt(10);
  meter.setPhaseProgress({ type: 'progress', phase: 'validation', done: 30, total: 200, secondsLeft: 77 });
  expect(meter.value).toMatchObject({ phase: 'validation', done: 30, total: 200, secondsLeft: 77 });
  meter.epoch(epochRecord(1));
  meter.step(stepRecord(11));
  expect(meter.value).toMatchObject({ phase: 'training', done: null, total: null });
});
