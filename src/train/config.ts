import { GoogLeNetError } from '../errors.js';
import { boolean, number, options } from '../validate.js';
import { readSchedule, type Schedule } from './schedule.js';

/** SGD as `torch.optim.SGD` defines it. */
export interface SgdOptions {
  /** Learning rate at the start. Default 0.01. */
  lr?: number;
  /** Default 0.9. */
  momentum?: number;
  /** L2 penalty. Default 2e-4. */
  weightDecay?: number;
  /** Default 0. */
  dampening?: number;
  /** Needs momentum and no dampening. Default false. */
  nesterov?: boolean;
}

export interface TrainerOptions {
  optimizer?: SgdOptions;
  /** Step decay. Default: × 0.96 every 8 epochs. */
  schedule?: Partial<Schedule>;
  /** Weight of each auxiliary loss. Default 0.3. */
  auxWeight?: number;
}

export interface TrainerConfig {
  optimizer: Required<SgdOptions>;
  schedule: Schedule;
  auxWeight: number;
}

/** The numbers that weights of 32 bits can be multiplied by. */
const FACTOR = { min: 0, max: 3.4028234663852886e38 };

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readTrainerConfig(given: unknown): TrainerConfig {
  const {
    optimizer,
    schedule,
    auxWeight = 0.3,
  } = options('options', given, ['optimizer', 'schedule', 'auxWeight']);
  return {
    optimizer: readOptimizer(optimizer),
    schedule: readSchedule(schedule),
    auxWeight: number('auxWeight', auxWeight, FACTOR),
  };
}

function readOptimizer(given: unknown): Required<SgdOptions> {
  const known = ['lr', 'momentum', 'weightDecay', 'dampening', 'nesterov'] as const;
  const read = options('optimizer', given, known);
  const optimizer = {
    lr: number('optimizer.lr', read.lr ?? 0.01, FACTOR),
    momentum: number('optimizer.momentum', read.momentum ?? 0.9, FACTOR),
    weightDecay: number('optimizer.weightDecay', read.weightDecay ?? 2e-4, FACTOR),
    dampening: number('optimizer.dampening', read.dampening ?? 0),
    nesterov: boolean('optimizer.nesterov', read.nesterov ?? false),
  };
  if (optimizer.nesterov && (optimizer.momentum === 0 || optimizer.dampening !== 0)) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      'Nesterov momentum needs optimizer.momentum > 0 and optimizer.dampening = 0.',
    );
  }
  return optimizer;
}
