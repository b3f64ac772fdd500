import { readSetting } from '../core/settings.js';
import { MAX_EPOCH, TRAINING_SETTINGS as S, SCHEDULES } from '../core/training-settings.js';
import { integer, readOptions } from '../core/validation.js';

/** The learning rate decays in steps of whole epochs: × `gamma` every `stepSize` epochs (`torch.optim.lr_scheduler.StepLR`). */
export interface StepDecay {
  type: 'step';
  stepSize: number;
  gamma: number;
}

/** lr · (1 − progress)^power: straight down to zero with `power` 1, as the paper's `poly` with 0.5. */
export interface PolynomialDecay {
  type: 'polynomial';
  power: number;
}

/** Half a cosine from the learning rate down to zero. */
export interface CosineDecay {
  type: 'cosine';
}

export interface ConstantRate {
  type: 'constant';
}

/** How the learning rate changes over a run; in the first `warmupSteps` steps it also rises linearly from zero. */
export type Schedule = (StepDecay | PolynomialDecay | CosineDecay | ConstantRate) & { warmupSteps: number };

/** {@link Schedule} with defaults: `step`, × 0.96 every 8 epochs, no warm-up. */
export interface ScheduleOptions {
  type?: Schedule['type'];
  /** Of `step`, in epochs. Default 8. */
  stepSize?: number;
  /** Of `step`. Default 0.96. */
  gamma?: number;
  /** Of `polynomial`. Default 1. */
  power?: number;
  /** Default 0. */
  warmupSteps?: number;
}

/** Where a run is when a step begins. */
export interface SchedulePosition {
  /** Completed epochs. */
  epoch: number;
  /** Completed steps of the run. */
  step: number;
  /** Steps of the whole run; null where it is not known, which `step` and `constant` do not need. */
  totalSteps: number | null;
}

const PARAMETERS: Record<Schedule['type'], readonly string[]> = {
  step: ['stepSize', 'gamma'],
  constant: [],
  polynomial: ['power'],
  cosine: [],
};

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readSchedule(value: unknown): Schedule {
  const known = ['type', 'stepSize', 'gamma', 'power', 'warmupSteps'] as const;
  const { type: named, warmupSteps } = readOptions('schedule', value, known);
  const type = readSetting(S.schedule, 'schedule.type', named);
  // What another schedule would need is a mistake, not something to leave out in silence.
  const read = readOptions(`a schedule of type '${type}'`, value, [
    'type',
    'warmupSteps',
    ...PARAMETERS[type],
  ]);
  return {
    ...readDecay(type, read),
    warmupSteps: readSetting(S.warmupSteps, 'schedule.warmupSteps', warmupSteps),
  };
}

function readDecay(
  type: Schedule['type'],
  { stepSize, gamma, power }: Partial<Record<string, unknown>>,
): StepDecay | PolynomialDecay | CosineDecay | ConstantRate {
  if (type === 'polynomial') {
    return {
      type,
      power: readSetting(S.power, 'schedule.power', power),
    };
  }
  if (type !== 'step') return { type };
  return {
    type,
    stepSize: readSetting(S.stepSize, 'schedule.stepSize', stepSize),
    gamma: readSetting(S.gamma, 'schedule.gamma', gamma),
  };
}

export const needsTotalSteps = (type: Schedule['type']): boolean =>
  type === 'polynomial' || type === 'cosine';

export { MAX_EPOCH, SCHEDULES };

/**
 * The learning rate of a step: a pure function of where the run is, so there is no scheduler state to save.
 * @throws GoogLeNetError `INVALID_ARGUMENT`, also where the schedule needs `totalSteps` and there is none.
 */
export function lrAt(position: SchedulePosition, lr: number, schedule: Schedule): number {
  const { warmupSteps } = schedule;
  const step = integer('position.step', position.step, 0);
  const warmUp = step < warmupSteps ? (step + 1) / warmupSteps : 1;
  return warmUp * decayed(position, lr, schedule);
}

function decayed(position: SchedulePosition, lr: number, schedule: Schedule): number {
  switch (schedule.type) {
    case 'constant':
      return lr;
    case 'step':
      return stepDecayed(position.epoch, lr, schedule);
    case 'polynomial':
      return lr * (1 - progress(position, schedule)) ** schedule.power;
    case 'cosine':
      return (lr * (1 + Math.cos(Math.PI * progress(position, schedule)))) / 2;
  }
}

/**
 * lr · gamma^⌊epoch / stepSize⌋, multiplied decay by decay and not with `**`, because that is what PyTorch's StepLR does and V8's
 * power function differs from the C library's in the last bit.
 */
function stepDecayed(epoch: number, lr: number, { stepSize, gamma }: StepDecay): number {
  integer('position.epoch', epoch, 0, MAX_EPOCH);
  let rate = lr;
  for (let decays = Math.floor(epoch / stepSize); decays > 0; decays--) rate *= gamma;
  return rate;
}

/** From 0 at the end of the warm-up to 1 at the end of the run. */
function progress({ step, totalSteps }: SchedulePosition, { type, warmupSteps }: Schedule): number {
  const total = integer(`position.totalSteps, which the schedule '${type}' needs,`, totalSteps, 1);
  const length = Math.max(1, total - warmupSteps);
  return Math.min(1, Math.max(0, step - warmupSteps) / length);
}
