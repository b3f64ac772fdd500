import { GoogLeNetError } from '../core/errors.js';
import { TRAINING_DEFAULTS } from '../core/training-defaults.js';
import {
  boolean,
  integer,
  invalid,
  itemsOf,
  number,
  oneOf,
  readOptions,
  string,
} from '../core/validation.js';
import { MAX_BATCH_SIZE } from '../data/batches.js';
import { readSchedule, type Schedule, type ScheduleOptions } from './schedule.js';

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
  /** One pass over the memory: faster, and in the last bits like PyTorch with `fused=True`. Default false. */
  fused?: boolean;
  /** Learning rate of the classifiers at the start, where it shall be another one; the schedule is the same. Default: `lr`. */
  headLr?: number | null;
}

/** `bfloat16`: convolutions and matrix products under autocast; weights, losses and the optimiser stay fp32. */
export type Precision = 'float32' | 'bfloat16';

export interface TrainerOptions {
  optimizer?: SgdOptions;
  /** Of the learning rate. Default: × 0.96 every 8 epochs. */
  schedule?: ScheduleOptions;
  /** Weight of each auxiliary loss. Default 0.3. */
  auxWeight?: number;
  /** Share of each label that is spread over all classes, in [0, 1). Training only. Default 0. */
  labelSmoothing?: number;
  /** One factor ≥ 0 for each class, as `torch.nn.CrossEntropyLoss(weight)`. Training only. Default: all alike. */
  classWeights?: readonly number[] | null;
  /** Gradients are scaled down to this L2 norm (`clip_grad_norm_`). Default: no clipping. */
  maxGradNorm?: number | null;
  /** Micro-batches that a step's batch is computed in: less memory, the same mean of gradients. Default 1. */
  gradientAccumulationSteps?: number;
  /**
   * Keeps an exponential moving average (EMA) of the weights, ema · decay + weights · (1 − decay) after each step: the paper's Polyak
   * averaging. Validation scores the EMA weights, and a finished run's model gets them. Default: no EMA.
   */
  emaDecay?: number | null;
  /** Default `float32`. */
  precision?: Precision;
  /**
   * Parameters that stay as they are: names of modules or parameters, in which `*` stands for anything, e.g. `['partA', 'inception_3*']`.
   * BatchNorm layers among them still update their running statistics. Default: none.
   */
  freeze?: readonly string[];
}

export interface TrainerConfig {
  optimizer: Required<SgdOptions>;
  schedule: Schedule;
  auxWeight: number;
  labelSmoothing: number;
  classWeights: number[] | null;
  maxGradNorm: number | null;
  gradientAccumulationSteps: number;
  emaDecay: number | null;
  precision: Precision;
  freeze: string[];
}

/** The numbers that weights of 32 bits can be multiplied by. */
export const FACTOR = { min: 0, max: 3.4028234663852886e38 };

const KNOWN = [
  'optimizer',
  'schedule',
  'auxWeight',
  'labelSmoothing',
  'classWeights',
  'maxGradNorm',
  'gradientAccumulationSteps',
  'emaDecay',
  'precision',
  'freeze',
] as const;

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readTrainerConfig(options: unknown): TrainerConfig {
  const read = readOptions('options', options, KNOWN);
  const optional = (name: string, value: unknown, range: object) =>
    value === undefined || value === null ? null : number(name, value, range);
  return {
    optimizer: readOptimizer(read.optimizer),
    schedule: readSchedule(read.schedule),
    auxWeight: number('auxWeight', read.auxWeight ?? TRAINING_DEFAULTS.auxWeight, FACTOR),
    labelSmoothing: number('labelSmoothing', read.labelSmoothing ?? TRAINING_DEFAULTS.labelSmoothing, {
      min: 0,
      max: 1,
      below: true,
    }),
    classWeights: readClassWeights(read.classWeights ?? null),
    maxGradNorm: optional('maxGradNorm', read.maxGradNorm, { ...FACTOR, above: true }),
    gradientAccumulationSteps: integer(
      'gradientAccumulationSteps',
      read.gradientAccumulationSteps ?? TRAINING_DEFAULTS.gradientAccumulationSteps,
      1,
      MAX_BATCH_SIZE,
    ),
    emaDecay: optional('emaDecay', read.emaDecay, { min: 0, max: 1, below: true }),
    precision: oneOf('precision', read.precision ?? TRAINING_DEFAULTS.precision, [
      'float32',
      'bfloat16',
    ] as const),
    freeze: readPatterns(read.freeze ?? []),
  };
}

function readPatterns(value: unknown): string[] {
  if (!Array.isArray(value)) throw invalid('freeze', 'an array of names', value);
  return itemsOf(value).map((name, i) => string(`freeze[${i}]`, name));
}

function readClassWeights(value: unknown): number[] | null {
  if (value === null) return null;
  if (!Array.isArray(value)) throw invalid('classWeights', 'an array of numbers, one for each class', value);
  const weights = itemsOf(value).map((weight, i) => {
    const name = `classWeights[${i}]`;
    // Below the smallest float a class would weigh nothing without a word.
    if (number(name, weight, FACTOR) > 0 && Math.fround(weight as number) === 0)
      throw invalid(name, '0 or a number that is one in 32 bits too', weight);
    return weight as number;
  });
  if (!weights.some((weight) => weight > 0))
    throw invalid('classWeights', 'at least one weight above 0', value);
  return weights;
}

function readOptimizer(value: unknown): Required<SgdOptions> {
  const known = ['lr', 'momentum', 'weightDecay', 'dampening', 'nesterov', 'fused', 'headLr'] as const;
  const read = readOptions('optimizer', value, known);
  const optimizer = {
    lr: number('optimizer.lr', read.lr ?? TRAINING_DEFAULTS.lr, FACTOR),
    momentum: number('optimizer.momentum', read.momentum ?? TRAINING_DEFAULTS.momentum, FACTOR),
    weightDecay: number('optimizer.weightDecay', read.weightDecay ?? TRAINING_DEFAULTS.weightDecay, FACTOR),
    dampening: number('optimizer.dampening', read.dampening ?? TRAINING_DEFAULTS.dampening),
    nesterov: boolean('optimizer.nesterov', read.nesterov ?? TRAINING_DEFAULTS.nesterov),
    fused: boolean('optimizer.fused', read.fused ?? TRAINING_DEFAULTS.fused),
    headLr:
      read.headLr === undefined || read.headLr === null
        ? null
        : number('optimizer.headLr', read.headLr, FACTOR),
  };
  if (optimizer.nesterov && (optimizer.momentum === 0 || optimizer.dampening !== 0)) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      'Nesterov momentum needs optimizer.momentum > 0 and optimizer.dampening = 0.',
    );
  }
  return optimizer;
}
