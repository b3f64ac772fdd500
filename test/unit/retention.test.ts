import { kept, type Milestone, type Retention, readRetention } from '../../src/train/checkpoint-policy.js';
import { errorWith } from '../support/errors.js';

/** Three epochs of four steps with a checkpoint every two: 2, 4 (end of epoch 1), 6, 8 (2), 10, 12 (3). */
const SCORES = [null, 0.5, null, 0.7, null, 0.6];
const RUN: Milestone[] = SCORES.map((score, i) => ({
  step: 2 * (i + 1),
  epoch: Math.floor((i + 1) / 2),
  isEpochEnd: i % 2 === 1,
  score,
}));

const steps = (rules: Retention, run = RUN) =>
  [...kept(run, readRetention(rules))].map(({ step }) => step).sort((a, b) => a - b);

test.each<[Retention, number[]]>([
  [{}, [10, 12]],
  [{ keepLast: 1 }, [12]],
  [{ keepLast: 100 }, [2, 4, 6, 8, 10, 12]],
  [{ keepLast: 1, keepBest: 1 }, [8, 12]],
  [{ keepLast: 1, keepBest: 2 }, [8, 12]],
  [{ keepLast: 1, keepBest: 3 }, [4, 8, 12]],
  [{ keepLast: 1, keepBest: 100 }, [4, 8, 12]],
  [{ keepLast: 1, keepEvery: 1 }, [4, 8, 12]],
  [{ keepLast: 1, keepEvery: 2 }, [8, 12]],
  [{ keepLast: 3, keepEvery: 4 }, [8, 10, 12]],
  [{ keepLast: 2, keepBest: 1, keepEvery: 1 }, [4, 8, 10, 12]],
])('%j keeps what any of its rules names', (rules, expected) => {
  expect(steps(rules)).toEqual(expected);
  expect(steps(rules, [...RUN].reverse())).toEqual(expected);
});

test('Of equal scores the earlier one is the better', () => {
  const equal = RUN.map((checkpoint) => ({ ...checkpoint, score: 0.5 }));
  expect(steps({ keepLast: 1, keepBest: 2 }, equal)).toEqual([2, 4, 12]);
});

test('A score below zero is better than none', () => {
  const losses = RUN.map(({ score, ...rest }) => ({ ...rest, score: score && -score }));
  expect(steps({ keepLast: 1, keepBest: 1 }, losses)).toEqual([4, 12]);
});

test('The start of a run is not the end of an epoch', () => {
  const start = { step: 0, epoch: 0, isEpochEnd: false, score: null };
  expect(steps({ keepLast: 1, keepEvery: 1 }, [start, ...RUN])).toEqual([4, 8, 12]);
});

test.each([{ keepLast: 0 }, { keepLast: 1.5 }, { keepBest: -1 }, { keepEvery: 0 }, { keepEvery: '2' }])(
  '%j is refused',
  (rules) => {
    expect(() => readRetention(rules as Retention)).toThrow(
      expect.objectContaining(errorWith('INVALID_ARGUMENT', Object.keys(rules)[0] ?? '')),
    );
  },
);
