/**
 * What a training does where nothing else is asked for: the one table for `googlenet train` and for the options of models, `Trainer`,
 * `DataLoader` and `fit`. The command alone has a length (20 epochs), the seed 0 of its model and the device `auto`: a program must say how
 * long it trains, and may have other models, which need other numbers and the device.
 */
export const TRAINING_DEFAULTS = {
  auxLogits: true,
  /** PyTorch's own initialization does not leave chance level in five epochs at this learning rate; Xavier's reaches 63 % in three. */
  initWeights: true,
  /** Forwards and training steps take 9 to 17 % less time on the CPU (`npm run bench:eager`). */
  channelsLast: true,

  lr: 0.01,
  momentum: 0.9,
  weightDecay: 2e-4,
  dampening: 0,
  nesterov: false,
  fused: false,

  schedule: 'step',
  /** Epochs. */
  stepSize: 8,
  gamma: 0.96,
  power: 1,
  warmupSteps: 0,

  auxWeight: 0.3,
  labelSmoothing: 0,
  gradientAccumulationSteps: 1,
  precision: 'float32',

  batchSize: 32,
  resize: 256,
  crop: 224,
  augment: 'none',
  onDecodeError: 'throw',

  saveLastK: 2,
  saveTopK: 0,
  patienceMetric: 'top1',
} as const;
