import type { Row } from '../../src/dashboard/protocol.js';
import { RunState } from '../../src/dashboard/run-state.js';
import { Series } from '../../src/dashboard/series.js';
import { epochRecord, stepRecord } from '../support/live-run.js';

const filled = (count: number, limit = 8): Series => {
  const series = new Series(['step', 'loss'], limit);
  for (let step = 1; step <= count; step++) series.add([step, step % 2 === 0 ? null : step]);
  return series;
};

test('a series below its limit keeps every value', () => {
  expect(filled(3).table()).toEqual({
    columns: ['step', 'loss'],
    rows: [
      [1, 1],
      [2, null],
      [3, 3],
    ],
    open: null,
  });
});

test('at its limit two neighbors become their mean, without missing values', () => {
  expect(filled(8).table().rows).toEqual([
    [1.5, 1],
    [3.5, 3],
    [5.5, 5],
    [7.5, 7],
  ]);
});

test('values too few for a row are in an open row', () => {
  expect(filled(9).table().open).toEqual([9, 9]);
  expect(filled(10).table()).toMatchObject({ open: null });
});

test('100,000 values stay below the limit, and their means are exact', () => {
  const series = filled(100_000, 2000);
  const { rows, open } = series.table();
  expect(rows.length).toBeGreaterThanOrEqual(1000);
  expect(rows.length).toBeLessThan(2000);
  const stride = 64;
  rows.forEach((row, i) => {
    expect(row[0]).toBeCloseTo(i * stride + (stride + 1) / 2, 0);
  });
  expect(100_000 - rows.length * stride).toBeLessThan(stride);
  expect(open === null).toBe(100_000 % stride === 0);
});

test('adding tells when rows were merged, which is rare', () => {
  const series = new Series(['step'], 100);
  let merges = 0;
  for (let step = 1; step <= 10_000; step++) if (!series.add([step])) merges++;
  expect(merges).toBe(7);
});

test('a delta holds the rows since the last call and their position', () => {
  const series = filled(2);
  expect(series.takeDelta()).toEqual({
    start: 0,
    rows: [
      [1, 1],
      [2, null],
    ],
    open: null,
  });
  series.add([3, 3]);
  expect(series.takeDelta()).toEqual({ start: 2, rows: [[3, 3]], open: null });
  expect(series.takeDelta()).toEqual({ start: 3, rows: [], open: null });
});

describe('the state of a run', () => {
  /** As a page keeps them. */
  const follow = (run: RunState) => {
    let rows: readonly Row[] = run.snapshot().steps.rows.slice();
    return () => {
      const update = run.update();
      rows =
        update === null
          ? run.snapshot().steps.rows.slice()
          : [...rows.slice(0, update.steps.start), ...update.steps.rows];
      return rows;
    };
  };

  test('updates and snapshots give the same rows, also after rows were merged', () => {
    const run = new RunState('run');
    const look = follow(run);
    for (let step = 1; step <= 10_000; step++) {
      run.apply(stepRecord(step));
      if (step % 37 === 0) expect(look()).toHaveLength(run.snapshot().steps.rows.length);
    }
    expect(look()).toEqual(run.snapshot().steps.rows);
  });

  test('its size does not grow with the run', () => {
    const run = new RunState('run');
    for (let step = 1; step <= 100_000; step++) run.apply(stepRecord(step));
    for (let epoch = 1; epoch <= 5000; epoch++) run.apply(epochRecord(epoch));
    const { steps, epochs } = run.snapshot();
    expect(steps.rows.length).toBeLessThan(2000);
    expect(epochs.rows.length).toBeLessThan(1000);
    expect(JSON.stringify(run.snapshot()).length).toBeLessThan(400_000);
  });
});
