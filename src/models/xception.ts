import type { Device } from '../core/device.js';
import { TRAINING_DEFAULTS } from '../core/training-settings.js';
import {
  boolean,
  number,
  oneOf,
  readOptions,
  path as readPath,
  signal as readSignal,
} from '../core/validation.js';
import { type WeightsFile, withWeightsFile } from '../formats/weights-file.js';
import { XCEPTION_SIZES } from '../inference/input-size.js';
import type { MaxQueue } from '../native/call-queue.js';
import { readClasses, readNumClasses } from './class-options.js';
import type { ModelDescription, SeparableOrder } from './description.js';
import { ImageClassifier } from './image-classifier.js';
import { LOAD_OPTIONS, type LoadAnyOptions, loadAs } from './load-weights.js';
import { readPlace } from './module.js';

export interface XceptionOptions {
  /** Default: as many as `classes` has names, else 1000. */
  numClasses?: number;
  /**
   * Order of the two convolutions of a separable one: the paper's is `depthwise-first` (default); `pointwise-first` is the "extreme
   * Inception" that it is derived from.
   */
  order?: SeparableOrder;
  /** A ReLU between the two. Default false, as in the paper. */
  reluBetween?: boolean;
  /** Probability of zeroing before the classifier. Default 0.5. */
  dropout?: number;
  /** True (default): Xavier-uniform weights and zero biases. False: PyTorch's own initialization. */
  initWeights?: boolean;
  /** An integer in [0, 2^64): as `torch.manual_seed(seed)` just before the model is built. Default: random, or see `manualSeed`. */
  seed?: number | bigint;
  /** As for `GoogLeNet`. Default true. */
  channelsLast?: boolean;
  /** Default `cpu`. */
  device?: Device;
  /** Names of the classes; their number must be `numClasses`. */
  classes?: readonly string[];
  /** What may wait; beyond it calls fail with `OVERLOADED`. */
  maxQueue?: MaxQueue;
}

export interface LoadXceptionOptions extends LoadAnyOptions {
  /** For files that do not say it: the names of the tensors are the same with and without. */
  reluBetween?: boolean;
}

const OPTIONS = [
  'numClasses',
  'order',
  'reluBetween',
  'dropout',
  'initWeights',
  'seed',
  'channelsLast',
  'device',
  'classes',
  'maxQueue',
] as const;

const ORDERS: readonly SeparableOrder[] = ['depthwise-first', 'pointwise-first'];

/** For a model whose weights all come from a file. */
const WITHOUT_WEIGHTS = Symbol('without weights');

function resolve(options: XceptionOptions & { [WITHOUT_WEIGHTS]?: boolean }) {
  const read = readOptions('options', options, OPTIONS);
  const order = oneOf('order', read.order ?? 'depthwise-first', ORDERS);
  const architecture = {
    architecture: 'xception' as const,
    numClasses: readNumClasses(read.numClasses, read.classes),
    dropout: number('dropout', read.dropout ?? 0.5, { min: 0, max: 1 }),
    pointwiseFirst: order === 'pointwise-first',
    reluBetween: boolean('reluBetween', read.reluBetween ?? false),
  };
  const drawn = boolean('initWeights', read.initWeights ?? TRAINING_DEFAULTS.initWeights)
    ? ('xavier' as const)
    : ('default' as const);
  return {
    architecture,
    order,
    channelsLast: boolean('channelsLast', read.channelsLast ?? TRAINING_DEFAULTS.channelsLast),
    classes: readClasses(read.classes, architecture.numClasses),
    inputSizes: XCEPTION_SIZES,
    initMethod: options[WITHOUT_WEIGHTS] ? ('none' as const) : drawn,
    place: readPlace(read),
  };
}

/**
 * Xception (Chollet 2017): depthwise separable convolutions with residual connections. The paper's images are 299×299; any from 71 on
 * are taken. Weights, logits and training are bit-equal to PyTorch's on the CPU.
 */
export class Xception extends ImageClassifier<false> {
  readonly auxLogits = false;
  readonly auxInEvaluation = false;
  readonly heads = ['fc'];
  readonly targetLayer = 'last';
  readonly order: SeparableOrder;
  readonly reluBetween: boolean;
  readonly dropout: number;

  /**
   * Returns at once; the weights are drawn on the model's own thread.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `CUDA_UNAVAILABLE`, `ADDON_NOT_BUILT`
   */
  constructor(options: XceptionOptions = {}) {
    const settings = resolve(options);
    super(settings);
    this.order = settings.order;
    this.reluBetween = settings.architecture.reluBetween;
    this.dropout = settings.architecture.dropout;
    this.initialize(settings.initMethod);
  }

  protected blank(): Xception {
    const { numClasses, order, reluBetween } = this;
    // A seed of its own, so that it takes none of the process's sequence.
    const own = { seed: 0, [WITHOUT_WEIGHTS]: true };
    return new Xception({ numClasses, order, reluBetween, ...own } as XceptionOptions);
  }

  describe(): ModelDescription {
    const { numClasses, classes, order, reluBetween, dropout } = this;
    const named = classes === undefined ? {} : { classes };
    return { architecture: 'xception', numClasses, auxLogits: false, ...named, order, reluBetween, dropout };
  }

  /**
   * Reads weights in any format that `GoogLeNet.load` reads.
   * @returns the model, in evaluation mode.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `UNSAFE_PICKLE`, `WEIGHTS_MISMATCH`, `CUDA_UNAVAILABLE`, `ABORTED`
   */
  static async load(path: string, options: LoadXceptionOptions = {}): Promise<Xception> {
    const own = readOptions('options', options, LOAD_XCEPTION_OPTIONS) as LoadXceptionOptions;
    const signal = readSignal('signal', own.signal);
    return withWeightsFile(readPath('path', path), (file) => loadXception(file, own), { signal });
  }
}

const LOAD_XCEPTION_OPTIONS = [...LOAD_OPTIONS, 'reluBetween'] as const;

/**
 * `Xception.load` from a file that is open already, and stays open.
 * @internal
 */
export async function loadXception(file: WeightsFile, options: LoadXceptionOptions): Promise<Xception> {
  const own = readOptions('options', options, LOAD_XCEPTION_OPTIONS) as LoadXceptionOptions;
  return loadAs(file, 'xception', own, ({ auxLogits: _, ...fitting }, isComplete) => {
    return new Xception({ ...fitting, [WITHOUT_WEIGHTS]: isComplete } as XceptionOptions);
  });
}
