/** What `googlenet train` can be told, once for its flags, for settings.json and for what is printed at the start. */
import {
  count,
  deviceSetting,
  optionalCount,
  real,
  type Settings,
  toggle,
  type ValuesOf,
  withDefaults,
} from '../flags.js';

export const GROUPS = {
  'Training:': ['epochs', 'batchSize', 'seed', 'checkpointEvery'],
  'Optimiser (SGD) and schedule:': [
    'lr',
    'momentum',
    'dampening',
    'weightDecay',
    'nesterov',
    'stepSize',
    'gamma',
  ],
  'Model:': ['auxLogits', 'auxWeight', 'dropout', 'dropoutAux', 'initWeights'],
  'Pictures:': ['resize', 'crop'],
  'Computation:': ['device', 'threads', 'channelsLast'],
} as const satisfies Record<string, readonly (keyof typeof SETTINGS)[]>;

const probability = { min: 0, max: 1 };

export const SETTINGS = {
  epochs: count(20, 'epochs in all'),
  batchSize: count(32, 'pictures in a step'),
  seed: count(0, 'seed of the initial weights, the dropout masks and the order of the pictures', 0),
  checkpointEvery: optionalCount('write a checkpoint every so many steps, besides that of each epoch'),

  lr: real(0.01, { min: 0 }, 'learning rate at the start'),
  momentum: real(0.9, { min: 0 }, 'momentum'),
  dampening: real(0, {}, 'dampening of the momentum'),
  weightDecay: real(2e-4, { min: 0 }, 'L2 penalty'),
  nesterov: toggle(false, 'Nesterov momentum'),
  stepSize: count(8, 'epochs between two decays of the learning rate'),
  gamma: real(0.96, { min: 0, above: true }, 'what the learning rate is multiplied by then'),

  auxLogits: toggle(true, 'leave out the two auxiliary heads'),
  auxWeight: real(0.3, { min: 0 }, 'weight of the loss of each auxiliary head'),
  dropout: real(0.4, probability, 'probability of zeroing before the main classifier'),
  dropoutAux: real(0.7, probability, 'the same in the auxiliary heads'),
  initWeights: toggle(
    true,
    "PyTorch's default initial weights instead of Xavier's; at the default learning rate they hardly learn",
  ),

  resize: count(256, 'short edge of the resized pictures'),
  crop: count(224, 'edge of the square that is cut from their centre, 223 to 254'),

  device: deviceSetting,
  threads: optionalCount("threads to compute with (default: libtorch's own choice)", 1024),
  channelsLast: toggle(true, 'the usual memory format: other rounding, and on the CPU slower'),
} as const satisfies Settings;

export type TrainSettings = ValuesOf<typeof SETTINGS>;
export type SettingName = keyof TrainSettings;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export const DEFAULTS: TrainSettings = withDefaults(SETTINGS, {});
