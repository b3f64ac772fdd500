import { hasStalled, isBetter, readEarlyStopping, scoreOf } from '../../src/train/early-stopping.js';
import { initialState, readTrainState } from '../../src/train/train-state.js';
import { errorWith } from '../support/errors.js';

const best = { epoch: 3, score: 0.5, metric: 'top1' as const };

test.each([
  [0.6, 0, true],
  [0.5, 0, false],
  [0.4, 0, false],
  [0.6, 0.1, false],
  [0.65, 0.1, true],
])('a score of %d beats 0.5 by more than %d: %p', (score, minDelta, expected) => {
  expect(isBetter(score, best, readEarlyStopping({ patience: 1, minDelta }))).toBe(expected);
});

test('the first score is the best', () => {
  expect(isBetter(-1e9, null, readEarlyStopping({ patience: 1 }))).toBe(true);
});

test('a lower loss is a higher score', () => {
  const scores = { loss: 0.25, mainLoss: 0.2, top1: 0.75, top5: 1 };
  const all = { ...scores, aux1Loss: null, aux2Loss: null, aux1Top1: null, aux2Top1: null };
  expect([scoreOf(all, 'loss'), scoreOf(all, 'top1')]).toEqual([-0.25, 0.75]);
});

test('a run stalls when the patience is over, not before', () => {
  const stalled = [3, 4, 5, 6].map((epoch) =>
    hasStalled({ ...initialState, epoch, best }, readEarlyStopping({ patience: 2 })),
  );
  expect(stalled).toEqual([false, false, true, true]);
  expect(hasStalled({ ...initialState, epoch: 9 }, readEarlyStopping({ patience: 2 }))).toBe(false);
});

test('a best epoch is read from a checkpoint as it was written', () => {
  const state = { ...initialState, epoch: 4, best };
  expect(readTrainState(JSON.parse(JSON.stringify(state)))).toEqual(state);
});

test.each([
  { epoch: 0, score: 1, metric: 'top1' },
  { epoch: 1, score: null, metric: 'top1' },
  { epoch: 1, score: 1, metric: 'top5' },
  { epoch: 1, score: 1 },
  [],
])('a best epoch of %j is damaged', (damaged) => {
  const read = () => readTrainState({ ...initialState, best: damaged });
  expect(read).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', 'state.best')));
});
