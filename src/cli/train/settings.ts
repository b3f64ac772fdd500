/** What `googlenet train` can be told, once for its flags, for settings.json and for what is printed at the start. */
import { TRAINING_DEFAULTS } from '../../core/training-defaults.js';
import { MAX_BATCH_SIZE } from '../../data/batches.js';
import { MAX_PIXELS } from '../../data/decode-options.js';
import { MAX_EPOCH, SCHEDULES } from '../../train/schedule.js';
import { ARCHITECTURES, type ArchitectureName } from '../architectures.js';
import {
  choice,
  count,
  deviceSetting,
  optionalCount,
  optionalReal,
  real,
  type Settings,
  text,
  toggle,
  type ValuesOf,
  withDefaults,
} from '../flags.js';
import { transformInput } from '../transform-input.js';

export const GROUPS = {
  'Training:': [
    'epochs',
    'steps',
    'batchSize',
    'gradientAccumulationSteps',
    'seed',
    'patience',
    'patienceMetric',
  ],
  'Checkpoints:': ['everyNTrainSteps', 'saveLastK', 'saveTopK', 'everyNEpochs'],
  'Optimiser (SGD):': [
    'lr',
    'momentum',
    'dampening',
    'weightDecay',
    'nesterov',
    'fused',
    'maxGradNorm',
    'emaDecay',
  ],
  'Schedule of the learning rate:': ['schedule', 'stepSize', 'gamma', 'power', 'warmupSteps'],
  'Loss:': ['auxWeight', 'labelSmoothing', 'classWeights'],
  'Model:': ['architecture', 'auxLogits', 'dropout', 'dropoutAux', 'initWeights', 'transformInput'],
  'Fine-tuning:': ['resetClassifier', 'headLr', 'freeze'],
  'Images:': ['resize', 'crop', 'augment', 'maxPixels', 'autoOrient', 'onDecodeError', 'validationSplit'],
  'Computation:': ['device', 'threads', 'channelsLast', 'precision'],
  'On CUDA:': [
    'cudnnBenchmark',
    'cudnnAllowTf32',
    'matmulAllowTf32',
    'cudnnDeterministic',
    'deterministicAlgorithms',
  ],
} as const satisfies Record<string, readonly (keyof typeof SETTINGS)[]>;

const probability = { min: 0, max: 1 };
const belowOne = { min: 0, max: 1, below: true };

export const SETTINGS = {
  epochs: count(20, 'epochs in all', 1, MAX_EPOCH),
  steps: optionalCount('steps in all, in place of epochs'),
  batchSize: count(TRAINING_DEFAULTS.batchSize, 'images in a step', 1, MAX_BATCH_SIZE),
  gradientAccumulationSteps: count(
    TRAINING_DEFAULTS.gradientAccumulationSteps,
    'micro-batches that a step is computed in: less memory for the same batch',
  ),
  seed: count(
    0,
    'seed of the initial weights, the dropout masks, the order of the images and their augmentation',
    0,
  ),
  patience: optionalCount('stop after so many epochs without a better validation, with the best weights'),
  patienceMetric: choice(TRAINING_DEFAULTS.patienceMetric, ['top1', 'loss'], 'what is better then'),

  everyNTrainSteps: optionalCount('write a checkpoint every N steps, besides that of each epoch'),
  saveLastK: count(TRAINING_DEFAULTS.saveLastK, 'keep the newest K checkpoints'),
  saveTopK: count(TRAINING_DEFAULTS.saveTopK, 'also keep the K best on the validation images', 0),
  everyNEpochs: optionalCount('also keep the checkpoint of every N-th epoch'),

  lr: real(TRAINING_DEFAULTS.lr, { min: 0 }, 'learning rate at the start'),
  momentum: real(TRAINING_DEFAULTS.momentum, { min: 0 }, 'momentum'),
  dampening: real(TRAINING_DEFAULTS.dampening, {}, 'dampening of the momentum'),
  weightDecay: real(TRAINING_DEFAULTS.weightDecay, { min: 0 }, 'L2 penalty'),
  nesterov: toggle(TRAINING_DEFAULTS.nesterov, 'Nesterov momentum'),
  fused: toggle(TRAINING_DEFAULTS.fused, 'one pass over the memory: faster, other rounding'),
  maxGradNorm: optionalReal({ min: 0, above: true }, 'scale gradients down to this L2 norm'),
  emaDecay: optionalReal(
    belowOne,
    'keep an exponential moving average of the weights, e.g. 0.999, and end with it',
  ),

  schedule: choice(TRAINING_DEFAULTS.schedule, SCHEDULES, 'how the learning rate falls'),
  stepSize: count(TRAINING_DEFAULTS.stepSize, 'step: epochs between two decays'),
  gamma: real(
    TRAINING_DEFAULTS.gamma,
    { min: 0, above: true },
    'step: what the learning rate is multiplied by then',
  ),
  power: real(TRAINING_DEFAULTS.power, { min: 0, above: true }, 'polynomial: its power'),
  warmupSteps: count(TRAINING_DEFAULTS.warmupSteps, 'steps in which the learning rate rises from zero', 0),

  auxWeight: real(TRAINING_DEFAULTS.auxWeight, { min: 0 }, 'weight of the loss of each auxiliary head'),
  labelSmoothing: real(
    TRAINING_DEFAULTS.labelSmoothing,
    belowOne,
    'share of each label that is spread over all classes',
  ),
  classWeights: text(
    'none',
    'list',
    'weights of the classes in the loss: none, balanced (rare classes weigh more), or 1,2,0.5,…',
  ),

  architecture: choice<ArchitectureName>('reference', ARCHITECTURES, 'a variant of GoogLeNet, or xception'),
  auxLogits: toggle(TRAINING_DEFAULTS.auxLogits, 'leave out the two auxiliary heads'),
  dropout: optionalReal(
    probability,
    'probability of zeroing before the main classifier (default: 0.4, torchvision 0.2, xception 0.5)',
  ),
  dropoutAux: optionalReal(probability, 'the same in the auxiliary heads (default: 0.7)'),
  transformInput,
  initWeights: toggle(
    TRAINING_DEFAULTS.initWeights,
    "PyTorch's default initial weights instead of Xavier's; at the default learning rate they hardly learn",
  ),

  resetClassifier: toggle(false, 'new classifiers even where those of --weights are for the same classes'),
  headLr: optionalReal({ min: 0 }, 'learning rate of the classifiers at the start (default: that of all)'),
  freeze: text(
    'none',
    'names',
    'modules or parameters that stay as they are, with commas between them and * for anything: partA,inception_3*',
  ),

  resize: count(TRAINING_DEFAULTS.resize, 'short edge of the resized images'),
  crop: count(
    TRAINING_DEFAULTS.crop,
    'edge of the square that is cut from them; 223 to 254, torchvision from 15 and xception from 71',
  ),
  augment: choice(
    TRAINING_DEFAULTS.augment,
    ['none', 'plain', 'paper'],
    'changes of the training images (plain: random crop and flip; paper: also scale, aspect, colors)',
  ),
  maxPixels: count(MAX_PIXELS, 'pixels of the largest image that is decoded, height times width'),
  autoOrient: toggle(
    true,
    'leave photographs as the camera held them, in place of upright by their EXIF orientation, as torchvision does',
  ),
  onDecodeError: choice(TRAINING_DEFAULTS.onDecodeError, ['throw', 'skip'], 'images that cannot be decoded'),
  validationSplit: optionalReal(
    { min: 0, max: 1, above: true, below: true },
    'share of the training images to validate on, where there are no others',
  ),

  device: deviceSetting,
  threads: optionalCount("threads to compute with (default: libtorch's own choice)", 1024),
  channelsLast: toggle(
    TRAINING_DEFAULTS.channelsLast,
    'the usual memory format: other rounding, and on the CPU slower',
  ),
  precision: choice(
    TRAINING_DEFAULTS.precision,
    ['float32', 'bfloat16'],
    'bfloat16 is faster where the hardware computes in it (AMX, AVX512-BF16, GPUs from Ampere on)',
  ),

  cudnnBenchmark: toggle(false, 'cuDNN tries the algorithms of each convolution and takes the fastest'),
  cudnnAllowTf32: toggle(true, 'fp32 convolutions in fp32 and not in TF32: slower, more exact'),
  matmulAllowTf32: toggle(false, 'fp32 matrix products in TF32'),
  cudnnDeterministic: toggle(false, 'cuDNN takes algorithms that give the same bits in each run'),
  deterministicAlgorithms: toggle(
    false,
    "the same of libtorch's operations, with a warning where there is none; on the CPU too",
  ),
} as const satisfies Settings;

export type TrainSettings = ValuesOf<typeof SETTINGS>;
export type SettingName = keyof TrainSettings;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export const DEFAULTS: TrainSettings = withDefaults(SETTINGS, {});
