import { lrAt, MAX_EPOCH, readSchedule, type Schedule } from '../../src/train/schedule.js';
import { errorWith } from '../support/errors.js';

const BEGINNING = { epoch: 0, step: 0, totalSteps: null };

/** Rates of the steps of a run of two steps an epoch. */
const rates = (given: object, totalSteps: number, lr = 1) =>
  Array.from({ length: totalSteps }, (_, step) =>
    lrAt({ epoch: Math.floor(step / 2), step, totalSteps }, lr, readSchedule(given)),
  );

describe('The learning rate', () => {
  test.each<[string, object, number[]]>([
    ['constant', { type: 'constant' }, [1, 1, 1, 1]],
    ['step: by epochs', { type: 'step', stepSize: 1, gamma: 0.5 }, [1, 1, 0.5, 0.5, 0.25]],
    ['step: every other epoch', { type: 'step', stepSize: 2, gamma: 0.1 }, [1, 1, 1, 1, 0.1, 0.1]],
    ['step: upwards', { stepSize: 1, gamma: 2 }, [1, 1, 2, 2]],
    ['polynomial: straight to zero', { type: 'polynomial' }, [1, 0.75, 0.5, 0.25]],
    ['polynomial: square', { type: 'polynomial', power: 2 }, [1, 0.5625, 0.25, 0.0625]],
    ['polynomial: root', { type: 'polynomial', power: 0.5 }, [1, Math.sqrt(0.75), Math.sqrt(0.5), 0.5]],
    ['cosine', { type: 'cosine' }, [1, (1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2]],
    [
      'warm-up: reaches the rate in its last step',
      { type: 'constant', warmupSteps: 4 },
      [0.25, 0.5, 0.75, 1, 1],
    ],
    ['warm-up over a decay by epochs', { stepSize: 1, gamma: 0.5, warmupSteps: 3 }, [1 / 3, 2 / 3, 0.5, 0.5]],
    [
      'warm-up: the decay begins after it',
      { type: 'polynomial', warmupSteps: 2 },
      [0.5, 1, 1, 0.75, 0.5, 0.25],
    ],
    ['warm-up as long as the run', { type: 'cosine', warmupSteps: 4 }, [0.25, 0.5, 0.75, 1]],
    ['warm-up longer than the run', { type: 'cosine', warmupSteps: 8 }, [1 / 8, 2 / 8, 3 / 8]],
  ])('%s', (_, given, expected) => {
    const found = rates(given, expected.length);
    expect(found).toHaveLength(expected.length);
    for (const [i, rate] of found.entries()) expect(rate).toBeCloseTo(expected[i] ?? Number.NaN, 15);
  });

  test.each(['polynomial', 'cosine'])('of %s is zero from the end of the run on', (type) => {
    for (const step of [7, 8, 1e9]) {
      expect(lrAt({ epoch: 9, step, totalSteps: 7 }, 1, readSchedule({ type }))).toBe(0);
    }
  });

  test('of a step decay is multiplied up as PyTorch does, not taken to a power', () => {
    const schedule = readSchedule({ stepSize: 1, gamma: 0.96 });
    let expected = 0.01;
    for (let epoch = 0; epoch < 300; epoch++) {
      expect(lrAt({ ...BEGINNING, epoch }, 0.01, schedule)).toBe(expected);
      expected *= 0.96;
    }
  });

  test('does not depend on what was asked before', () => {
    const schedule = readSchedule({ type: 'cosine', warmupSteps: 3 });
    const at = (step: number) => lrAt({ epoch: 0, step, totalSteps: 20 }, 0.3, schedule);
    const forwards = Array.from({ length: 20 }, (_, step) => at(step));
    const backwards = Array.from({ length: 20 }, (_, i) => at(19 - i)).reverse();
    expect(backwards).toEqual(forwards);
  });

  test.each<[string, object, object]>([
    ['cosine of a run without end', { type: 'cosine' }, BEGINNING],
    ['polynomial of a run without end', { type: 'polynomial' }, BEGINNING],
    ['a step below zero', { type: 'constant' }, { ...BEGINNING, step: -1 }],
    ['half a step', { type: 'constant' }, { ...BEGINNING, step: 0.5 }],
    ['an epoch that cannot be counted', { stepSize: 1 }, { ...BEGINNING, epoch: MAX_EPOCH + 1 }],
  ])('is refused for %s', (_, schedule, position) => {
    const ask = () => lrAt(position as typeof BEGINNING, 1, readSchedule(schedule));
    expect(ask).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT')));
  });
});

describe('A schedule', () => {
  test.each<[object | undefined, Schedule]>([
    [undefined, { type: 'step', stepSize: 8, gamma: 0.96, warmupSteps: 0 }],
    [{ type: 'polynomial' }, { type: 'polynomial', power: 1, warmupSteps: 0 }],
    [
      { type: 'cosine', warmupSteps: 5 },
      { type: 'cosine', warmupSteps: 5 },
    ],
    [{ type: 'constant' }, { type: 'constant', warmupSteps: 0 }],
  ])('from %j has its defaults, and is read again as it was', (given, expected) => {
    expect(readSchedule(given)).toEqual(expected);
    expect(readSchedule(readSchedule(given))).toEqual(expected);
  });

  test.each([
    [{ type: 'linear' }],
    [{ type: 'cosine', gamma: 0.5 }],
    [{ type: 'step', power: 2 }],
    [{ type: 'polynomial', power: 0 }],
    [{ stepSize: 0 }],
    [{ gamma: 0 }],
    [{ warmupSteps: -1 }],
    [{ warmUpSteps: 3 }],
    ['cosine'],
  ])('from %j is refused', (given) => {
    expect(() => readSchedule(given)).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT')));
  });
});
