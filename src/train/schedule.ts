import { integer, number, options } from '../validate.js';

/** Step decay: the learning rate is multiplied by `gamma` every `stepSize` epochs. */
export interface Schedule {
  stepSize: number;
  gamma: number;
}

export function readSchedule(given: unknown): Schedule {
  const { stepSize, gamma } = options('schedule', given, ['stepSize', 'gamma']);
  return {
    stepSize: integer('schedule.stepSize', stepSize ?? 8, 1),
    gamma: number('schedule.gamma', gamma ?? 0.96, { min: 0, above: true }),
  };
}

/** More than any run has; a bound for the loop below. */
export const MAX_EPOCH = 1_000_000;

/**
 * The learning rate of an epoch, lr · gamma^⌊epoch / stepSize⌋: a pure function, so there is no scheduler state to save.
 * Multiplied step by step and not with `**`, because that is what PyTorch's StepLR does and V8's power function differs from the
 * C library's in the last bit.
 * @param epoch counted from 0, at most {@link MAX_EPOCH}.
 * @throws GoogLeNetError `INVALID_ARGUMENT`
 */
export function lrAt(epoch: number, lr: number, { stepSize, gamma }: Schedule): number {
  integer('epoch', epoch, 0, MAX_EPOCH);
  let rate = lr;
  for (let decays = Math.floor(epoch / stepSize); decays > 0; decays--) rate *= gamma;
  return rate;
}
