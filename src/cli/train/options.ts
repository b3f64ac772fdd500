/** Settings of `googlenet train` → options of the library. */

import { GoogLeNetError } from '../../core/errors.js';
import type { Dataset } from '../../data/dataset.js';
import type { TrainingSettings } from '../../run/settings.js';
import type { TrainerOptions } from '../../train/config.js';
import type { FitOptions } from '../../train/fit-options.js';
import type { ScheduleOptions } from '../../train/schedule.js';
import type { Datasets } from './data.js';

export function trainerOptions(settings: TrainingSettings, train: Dataset | null): TrainerOptions {
  const { lr, momentum, dampening, weightDecay, nesterov, fused, headLr, freeze } = settings;
  const { auxWeight, labelSmoothing, maxGradNorm, gradientAccumulationSteps, emaDecay, precision } = settings;
  return {
    optimizer: { lr, momentum, dampening, weightDecay, nesterov, fused, headLr },
    schedule: scheduleOptions(settings),
    ...{ auxWeight, labelSmoothing, maxGradNorm, gradientAccumulationSteps, emaDecay, precision },
    classWeights: classWeights(settings.classWeights, train),
    freeze: freeze === 'none' ? [] : freeze.split(',').map((name) => name.trim()),
  };
}

/** The flags of other schedules than the chosen one have no meaning, only defaults. */
function scheduleOptions({
  schedule: type,
  stepSize,
  gamma,
  power,
  warmupSteps,
}: TrainingSettings): ScheduleOptions {
  if (type === 'step') return { type, stepSize, gamma, warmupSteps };
  return type === 'polynomial' ? { type, power, warmupSteps } : { type, warmupSteps };
}

/** `balanced`: every class weighs as much as any other in the mean, however many images it has. */
function classWeights(text: string, train: Dataset | null): number[] | null {
  if (text === 'none' || train === null) return null;
  const { length, classes } = train;
  if (text !== 'balanced') return readWeights(text, classes.length);
  const counts = classes.map(() => 0);
  for (let i = 0; i < length; i++) {
    const label = train.label(i);
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts.map((count) => (count === 0 ? 0 : length / (classes.length * count)));
}

function readWeights(text: string, count: number): number[] {
  const weights = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (weights.length === count && weights.every((weight) => weight >= 0)) return weights;
  const expected = `none, balanced or ${count} numbers such as 1,2,0.5, one for each class,`;
  throw new GoogLeNetError(
    'INVALID_ARGUMENT',
    `Expected ${expected} for --class-weights but received ${text}.`,
  );
}

/** The folder of the run brings the one of its checkpoints. */
export function fitOptions(settings: TrainingSettings, { validation }: Datasets): FitOptions {
  const { epochs, steps, batchSize, seed, resize, crop, augment, onDecodeError } = settings;
  const { everyNTrainSteps, saveLastK, saveTopK, everyNEpochs, patience, patienceMetric: metric } = settings;
  return {
    ...(steps === null ? { epochs: epochs ?? undefined } : { steps }),
    ...{ batchSize, seed, resize, crop, augment, onDecodeError, saveLastK, saveTopK },
    ...(everyNTrainSteps !== null && { everyNTrainSteps }),
    ...(everyNEpochs !== null && { everyNEpochs }),
    ...(patience !== null && { earlyStopping: { patience, metric } }),
    ...(validation !== null && { validation }),
  } as FitOptions;
}
