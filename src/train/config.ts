import { GoogLeNetError } from '../core/errors.js';
import { readSetting } from '../core/settings.js';
import { FACTOR, TRAINING_SETTINGS as S } from '../core/training-settings.js';
import { invalid, itemsOf, number, readOptions, string } from '../core/validation.js';
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

/** `bfloat16`: convolutions and matrix products under autocast; weights, losses and the optimizer stay fp32. */
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

export { FACTOR };

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
  return {
    optimizer: readOptimizer(read.optimizer),
    schedule: readSchedule(read.schedule),
    auxWeight: readSetting(S.auxWeight, 'auxWeight', read.auxWeight),
    labelSmoothing: readSetting(S.labelSmoothing, 'labelSmoothing', read.labelSmoothing),
    classWeights: readClassWeights(read.classWeights ?? null),
    maxGradNorm: readSetting(S.maxGradNorm, 'maxGradNorm', read.maxGradNorm),
    gradientAccumulationSteps: readSetting(
      S.gradientAccumulationSteps,
      'gradientAccumulationSteps',
      read.gradientAccumulationSteps,
    ),
    emaDecay: readSetting(S.emaDecay, 'emaDecay', read.emaDecay),
    precision: readSetting(S.precision, 'precision', read.precision),
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
    lr: readSetting(S.lr, 'optimizer.lr', read.lr),
    momentum: readSetting(S.momentum, 'optimizer.momentum', read.momentum),
    weightDecay: readSetting(S.weightDecay, 'optimizer.weightDecay', read.weightDecay),
    dampening: readSetting(S.dampening, 'optimizer.dampening', read.dampening),
    nesterov: readSetting(S.nesterov, 'optimizer.nesterov', read.nesterov),
    fused: readSetting(S.fused, 'optimizer.fused', read.fused),
    headLr: readSetting(S.headLr, 'optimizer.headLr', read.headLr),
  };
  if (optimizer.nesterov && (optimizer.momentum === 0 || optimizer.dampening !== 0)) {
    throw new GoogLeNetError(
      'INVALID_ARGUMENT',
      'Nesterov momentum needs optimizer.momentum > 0 and optimizer.dampening = 0.',
    );
  }
  return optimizer;
}
