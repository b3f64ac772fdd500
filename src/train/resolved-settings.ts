import { TRAINING_DEFAULTS } from '../core/training-settings.js';
import type { FitConfig } from './fit-options.js';
import type { ResolvedSettings } from './logger.js';
import type { RunTrainer } from './run-trainer.js';

/** The settings of `fit`, trainer and model, with defaults. */
export function resolvedSettings(trainer: RunTrainer, config: FitConfig): ResolvedSettings {
  return { ...ofFit(config), ...ofTrainer(trainer), ...ofModel(trainer) };
}

function ofFit({ epochs, steps, loader, augment, onDecodeError, stopping, checkpoints }: FitConfig) {
  const { batchSize, seed, resize, crop } = loader.plan;
  const { shuffle, dropLast, shard } = loader.plan;
  return {
    ...{ epochs, steps, batchSize, resize, crop, augment, onDecodeError },
    seed: Number.isSafeInteger(Number(seed)) ? Number(seed) : seed,
    patience: stopping?.patience ?? null,
    patienceMetric: stopping?.metric ?? TRAINING_DEFAULTS.patienceMetric,
    everyNTrainSteps: checkpoints?.everyNTrainSteps ?? null,
    saveLastK: checkpoints?.policy.saveLastK ?? TRAINING_DEFAULTS.saveLastK,
    saveTopK: checkpoints?.policy.saveTopK ?? TRAINING_DEFAULTS.saveTopK,
    everyNEpochs: checkpoints?.policy.everyNEpochs ?? null,
    // No flag of `googlenet train` has these, so only what differs from the defaults is said.
    ...(stopping !== null && stopping.minDelta !== 0 && { minDelta: stopping.minDelta }),
    ...(!shuffle && { shuffle }),
    ...(dropLast && { dropLast }),
    ...(shard.worldSize > 1 && { shard }),
  };
}

function ofTrainer({ config }: RunTrainer) {
  const { optimizer, schedule, freeze, ...rest } = config;
  const { type, ...decay } = schedule;
  const { stepSize, gamma, power } = TRAINING_DEFAULTS;
  return {
    ...{ ...rest, ...optimizer, freeze },
    ...{ schedule: type, stepSize, gamma, power, ...decay },
  };
}

function ofModel({ model }: RunTrainer) {
  const { device, channelsLast, auxLogits } = model;
  const description = model.describe();
  const { dropout } = description;
  const common = { auxLogits, dropout: dropout ?? null, device, channelsLast };
  if (description.architecture === 'xception') {
    return { ...common, architecture: 'xception', dropoutAux: null, transformInput: null };
  }
  const { variant, dropoutAux, transformInput } = description;
  return {
    ...common,
    architecture: variant,
    dropoutAux: (auxLogits ? dropoutAux : null) ?? null,
    // Only the weights of torchvision's layout leave it open.
    transformInput: variant === 'torchvision' ? (transformInput ?? null) : null,
  };
}
