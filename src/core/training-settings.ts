/**
 * The one table of what a training can be told: name, default, check and help, for the options of models, `DataLoader`, `Trainer` and
 * `fit`, for the flags of `googlenet train` and for settings.json. The command alone has a length (20 epochs), the seed 0 of its model and
 * the device `auto`: a program may have other models, which need other random numbers and the device.
 */
import {
  choice,
  count,
  deviceSetting,
  optionalCount,
  optionalReal,
  optionalToggle,
  real,
  type Settings,
  text,
  toggle,
  withDefaults,
} from './settings.js';

export const MAX_BATCH_SIZE = 2 ** 16;
/** Three bytes each: 200 MB decoded. The largest sensors of cameras and telephones have fewer, with few exceptions. */
export const MAX_PIXELS = 2 ** 26;
/** More than any run has; a bound for loops over epochs. */
export const MAX_EPOCH = 1_000_000;
/** The numbers that weights of 32 bits can be multiplied by. */
export const FACTOR = { min: 0, max: 3.4028234663852886e38 };

export const SCHEDULES = ['step', 'constant', 'polynomial', 'cosine'] as const;
/** What early stopping may look at: accuracy, or loss on the validation images. */
export const METRICS = ['top1', 'loss'] as const;

const probability = { min: 0, max: 1 };
const belowOne = { min: 0, max: 1, below: true };

/** In the order of settings.json, less `architecture`. */
export const TRAINING_SETTINGS = {
  /** A program must say how long it trains; the command has a default. */
  epochs: { ...optionalCount('epochs, those before an interruption included', MAX_EPOCH), default: 20 },
  steps: optionalCount('steps, in place of epochs'),
  batchSize: count(32, 'images in a step', 1, MAX_BATCH_SIZE),
  gradientAccumulationSteps: count(
    1,
    'micro-batches that a step is computed in: less memory for the same batch',
    1,
    MAX_BATCH_SIZE,
  ),
  seed: count(
    0,
    'seed of the initial weights, the dropout masks, the order of the images and their augmentation',
    0,
  ),
  patience: optionalCount('stop after so many epochs without a better validation, with the best weights'),
  patienceMetric: choice('top1', METRICS, 'what counts as better: accuracy or loss'),

  everyNTrainSteps: optionalCount('write a checkpoint every N steps, besides that of each epoch'),
  saveLastK: count(2, 'keep the newest K checkpoints'),
  saveTopK: count(0, 'also keep the K best on the validation images', 0),
  everyNEpochs: optionalCount('also keep the checkpoint of every N-th epoch'),

  lr: real(0.01, FACTOR, 'learning rate at the start'),
  momentum: real(0.9, FACTOR, 'momentum'),
  dampening: real(0, {}, 'dampening of the momentum'),
  weightDecay: real(2e-4, FACTOR, 'L2 penalty'),
  nesterov: toggle(false, 'Nesterov momentum'),
  fused: toggle(false, 'one pass over the memory: faster, other rounding'),
  maxGradNorm: optionalReal({ ...FACTOR, above: true }, 'scale gradients down to this L2 norm'),
  emaDecay: optionalReal(
    belowOne,
    'keep an exponential moving average of the weights, e.g. 0.999, and end with it',
  ),

  schedule: choice('step', SCHEDULES, 'how the learning rate falls'),
  stepSize: count(8, 'step: epochs between two decays'),
  gamma: real(0.96, { min: 0, above: true }, 'step: what the learning rate is multiplied by then'),
  power: real(1, { min: 0, above: true }, 'polynomial: its power'),
  warmupSteps: count(0, 'steps in which the learning rate rises from zero', 0),

  auxWeight: real(0.3, FACTOR, 'weight of the loss of each auxiliary head'),
  labelSmoothing: real(0, belowOne, 'share of each label that is spread over all classes'),
  classWeights: text(
    'none',
    'list',
    'weights of the classes in the loss: none, balanced (rare classes weigh more), or 1,2,0.5,…',
  ),

  auxLogits: toggle(true, 'leave out the two auxiliary heads'),
  dropout: optionalReal(
    probability,
    'probability of zeroing before the main classifier (default: 0.4, torchvision 0.2, xception 0.5)',
  ),
  dropoutAux: optionalReal(probability, 'the same in the auxiliary heads (default: 0.7)'),
  transformInput: optionalToggle(
    "torchvision's transform_input, for weights of its layout; published ImageNet weights need it (default: as the file says)",
  ),
  /** PyTorch's own initialization does not leave chance level in five epochs at the default learning rate; Xavier's reaches 63 % in three. */
  initWeights: toggle(
    true,
    "PyTorch's default initial weights instead of Xavier's; at the default learning rate they hardly learn",
  ),

  resetClassifier: toggle(false, 'new classifiers even where those of --weights are for the same classes'),
  headLr: optionalReal(FACTOR, 'learning rate of the classifiers at the start (default: that of all)'),
  freeze: text(
    'none',
    'names',
    'modules or parameters that stay as they are, with commas between them and * for anything: partA,inception_3*',
  ),

  resize: count(256, 'short edge of the resized images'),
  crop: count(
    224,
    'edge of the square that is cut from them; 223 to 254, torchvision from 15 and xception from 71',
  ),
  augment: choice(
    'none',
    ['none', 'plain', 'paper'],
    'changes of the training images (plain: random crop and flip; paper: also scale, aspect, colors)',
  ),
  maxPixels: count(MAX_PIXELS, 'pixels of the largest image that is decoded, height times width'),
  autoOrient: toggle(
    true,
    'leave photographs as the camera held them, in place of upright by their EXIF orientation, as torchvision does',
  ),
  onDecodeError: choice('throw', ['throw', 'skip'], 'images that cannot be decoded'),
  validationSplit: optionalReal(
    { min: 0, max: 1, above: true, below: true },
    'share of the training images to validate on, where there are no others',
  ),

  device: deviceSetting,
  threads: optionalCount("threads to compute with (default: libtorch's own choice)", 1024),
  /** Forwards and training steps take 9 to 17 % less time on the CPU (`npm run bench:eager`). */
  channelsLast: toggle(true, 'the usual memory format: other rounding, and on the CPU slower'),
  precision: choice(
    'float32',
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

export const TRAINING_DEFAULTS = withDefaults(TRAINING_SETTINGS, {});
