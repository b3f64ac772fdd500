import {
  type CheckpointInfo,
  type CheckpointPolicy,
  readCheckpointPolicy,
  selectKept,
} from '../../src/train/checkpoint-policy.js';
import { errorWith } from '../support/errors.js';

/** Three epochs of four steps with a checkpoint every two: 2, 4 (end of epoch 1), 6, 8 (2), 10, 12 (3). */
const SCORES = [null, 0.5, null, 0.7, null, 0.6];
const RUN: CheckpointInfo[] = SCORES.map((score, i) => ({
  step: 2 * (i + 1),
  epoch: Math.floor((i + 1) / 2),
  isEpochEnd: i % 2 === 1,
  score,
}));

const steps = (rules: CheckpointPolicy, run = RUN) =>
  [...selectKept(run, readCheckpointPolicy(rules))].map(({ step }) => step).sort((a, b) => a - b);

test.each<[CheckpointPolicy, number[]]>([
  [{}, [10, 12]],
  [{ saveLastK: 1 }, [12]],
  [{ saveLastK: 100 }, [2, 4, 6, 8, 10, 12]],
  [{ saveLastK: 1, saveTopK: 1 }, [8, 12]],
  [{ saveLastK: 1, saveTopK: 2 }, [8, 12]],
  [{ saveLastK: 1, saveTopK: 3 }, [4, 8, 12]],
  [{ saveLastK: 1, saveTopK: 100 }, [4, 8, 12]],
  [{ saveLastK: 1, everyNEpochs: 1 }, [4, 8, 12]],
  [{ saveLastK: 1, everyNEpochs: 2 }, [8, 12]],
  [{ saveLastK: 3, everyNEpochs: 4 }, [8, 10, 12]],
  [{ saveLastK: 2, saveTopK: 1, everyNEpochs: 1 }, [4, 8, 10, 12]],
])('%j keeps what any of its rules names', (rules, expected) => {
  expect(steps(rules)).toEqual(expected);
  expect(steps(rules, [...RUN].reverse())).toEqual(expected);
});

test('Of equal scores the earlier one is the better', () => {
  const equal = RUN.map((checkpoint) => ({ ...checkpoint, score: 0.5 }));
  expect(steps({ saveLastK: 1, saveTopK: 2 }, equal)).toEqual([2, 4, 12]);
});

test('A score below zero is better than none', () => {
  const losses = RUN.map(({ score, ...rest }) => ({ ...rest, score: score && -score }));
  expect(steps({ saveLastK: 1, saveTopK: 1 }, losses)).toEqual([4, 12]);
});

test('The start of a run is not the end of an epoch', () => {
  const start = { step: 0, epoch: 0, isEpochEnd: false, score: null };
  expect(steps({ saveLastK: 1, everyNEpochs: 1 }, [start, ...RUN])).toEqual([4, 8, 12]);
});

test.each([
  { saveLastK: 0 },
  { saveLastK: 1.5 },
  { saveTopK: -1 },
  { everyNEpochs: 0 },
  { everyNEpochs: '2' },
])('%j is refused', (rules) => {
  expect(() => readCheckpointPolicy(rules as CheckpointPolicy)).toThrow(
    expect.objectContaining(errorWith('INVALID_ARGUMENT', Object.keys(rules)[0] ?? '')),
  );
});
