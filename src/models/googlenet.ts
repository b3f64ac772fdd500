import type { Device } from '../core/device.js';
import { TRAINING_DEFAULTS } from '../core/training-settings.js';
import {
  boolean,
  callback,
  invalid,
  number,
  oneOf,
  readOptions,
  path as readPath,
  signal as readSignal,
} from '../core/validation.js';
import { type WeightsFile, withWeightsFile } from '../formats/weights-file.js';
import type { DownloadProgress } from '../hub/download.js';
import { fetchPublished } from '../hub/fetch-published.js';
import { labels } from '../hub/labels/index.js';
import { IMAGENET1K_V1, PUBLISHED } from '../hub/published.js';
import type { MaxQueue } from '../native/call-queue.js';
import { readClasses, readNumClasses } from './class-options.js';
import type { ModelDescription } from './description.js';
import { ImageClassifier } from './image-classifier.js';
import { LOAD_OPTIONS, type LoadAnyOptions, loadAs } from './load-weights.js';
import { readPlace } from './module.js';
import { VARIANTS, type VariantName, variantNamed } from './variants/index.js';
import type { Variant } from './variants/variant.js';

/** @typeParam Aux literal where the types shall know about auxiliary heads. */
export interface GoogLeNetOptions<Aux extends boolean = boolean, Name extends VariantName = VariantName> {
  /** Default `reference`. */
  variant?: Name;
  /** Default: as many as `classes` has names, else 1000. */
  numClasses?: number;
  /** With the two auxiliary heads. Default true. */
  auxLogits?: Aux;
  /**
   * True (default): Xavier-uniform weights and zero biases, in the variant `torchvision` normal weights of standard deviation 0.01.
   * False: PyTorch's own initialization, with which a model hardly learns at first. Both bit-equal to Python's.
   */
  initWeights?: boolean;
  /** Probability of zeroing before the main classifier. Default 0.4, in the variant `torchvision` 0.2. */
  dropout?: number;
  /** The same in the auxiliary heads. Default 0.7. */
  dropoutAux?: number;
  /** Variant `torchvision` only: as its `transform_input`, which the published weights need. Default false. */
  transformInput?: boolean;
  /** An integer in [0, 2^64): as `torch.manual_seed(seed)` just before the model is built. Default: random, or see `manualSeed`. */
  seed?: number | bigint;
  /**
   * Keeps convolution weights and images in PyTorch's `channels_last` memory format: the same results except for rounding, in
   * less time on the CPU (`npm run bench:eager`). Default true; false is the format that PyTorch starts with.
   */
  channelsLast?: boolean;
  /** Default `cpu`. */
  device?: Device;
  /** Names of the classes; their number must be `numClasses`. */
  classes?: readonly string[];
  /** What may wait; beyond it calls fail with `OVERLOADED`. */
  maxQueue?: MaxQueue;
}

export interface PretrainedOptions<Aux extends boolean = boolean> {
  /** A copy of the published file; without it the one in the cache is taken, or downloaded. */
  path?: string;
  /** With the auxiliary heads, which the published weights have. Default false, as in torchvision. */
  auxLogits?: Aux;
  signal?: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  device?: Device;
  channelsLast?: boolean;
  maxQueue?: MaxQueue;
}

export interface LoadModelOptions<Aux extends boolean = boolean> extends LoadAnyOptions {
  /** False: without the auxiliary heads that the file has. */
  auxLogits?: Aux;
  dropoutAux?: number;
  /** For files that do not say it. */
  transformInput?: boolean;
}

const OPTIONS = [
  'variant',
  'numClasses',
  'auxLogits',
  'initWeights',
  'dropout',
  'dropoutAux',
  'transformInput',
  'channelsLast',
  'seed',
  'device',
  'classes',
  'maxQueue',
] as const;

/** For a model whose weights all come from a file: drawing random ones first would waste time. */
const WITHOUT_WEIGHTS = Symbol('without weights');

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
function readVariant(value: unknown): Variant {
  const names = VARIANTS.map(({ name }) => name);
  const name = oneOf('variant', value ?? names[0], names);
  return variantNamed(name);
}

function readTransformInput(value: unknown, variant: Variant): boolean {
  const transforms = boolean('transformInput', value ?? false);
  if (transforms && !variant.transformsInput) {
    throw invalid('transformInput', `false for the variant '${variant.name}'`, value);
  }
  return transforms;
}

function resolve(options: GoogLeNetOptions & { [WITHOUT_WEIGHTS]?: boolean }) {
  const read = readOptions('options', options, OPTIONS);
  const variant = readVariant(read.variant);
  const architecture = {
    architecture: 'googlenet' as const,
    variant: variant.name,
    numClasses: readNumClasses(read.numClasses, read.classes),
    auxLogits: boolean('auxLogits', read.auxLogits ?? TRAINING_DEFAULTS.auxLogits),
    dropout: number('dropout', read.dropout ?? variant.dropout, { min: 0, max: 1 }),
    dropoutAux: number('dropoutAux', read.dropoutAux ?? variant.dropoutAux, { min: 0, max: 1 }),
    transformInput: readTransformInput(read.transformInput, variant),
  };
  const drawn = boolean('initWeights', read.initWeights ?? TRAINING_DEFAULTS.initWeights)
    ? variant.init
    : 'default';
  return {
    architecture,
    variant,
    channelsLast: boolean('channelsLast', read.channelsLast ?? TRAINING_DEFAULTS.channelsLast),
    classes: readClasses(read.classes, architecture.numClasses),
    inputSizes: variant.inputSizes,
    initMethod: options[WITHOUT_WEIGHTS] ? ('none' as const) : drawn,
    place: readPlace(read),
  };
}

class GoogLeNetModel<Aux extends boolean = boolean> extends ImageClassifier<Aux> {
  static {
    // Messages name the class as users know it.
    Object.defineProperty(GoogLeNetModel, 'name', { value: 'GoogLeNet' });
  }

  readonly variant: VariantName;
  readonly auxLogits: Aux;
  readonly auxInEvaluation: boolean;
  readonly dropout: number;
  readonly dropoutAux: number;
  readonly transformInput: boolean;
  readonly heads: readonly string[];
  readonly targetLayer: string;

  constructor(options: GoogLeNetOptions = {}) {
    const settings = resolve(options);
    super(settings);
    const { variant, auxLogits, dropout, dropoutAux, transformInput } = settings.architecture;
    this.variant = variant as VariantName;
    this.auxLogits = auxLogits as Aux;
    this.auxInEvaluation = auxLogits && settings.variant.auxInEvaluation;
    this.dropout = dropout;
    this.dropoutAux = dropoutAux;
    this.transformInput = transformInput;
    this.targetLayer = settings.variant.targetLayer;
    this.heads = auxLogits ? settings.variant.heads : settings.variant.heads.slice(0, 1);
    this.initialize(settings.initMethod);
  }

  protected blank(): ImageClassifier {
    const { variant, numClasses, auxLogits } = this;
    // A seed of its own, so that it takes none of the process's sequence.
    const own = { seed: 0, [WITHOUT_WEIGHTS]: true };
    return new GoogLeNetModel({ variant, numClasses, auxLogits, ...own } as GoogLeNetOptions);
  }

  describe(): ModelDescription {
    const { variant, numClasses, auxLogits, classes, dropout, dropoutAux, transformInput } = this;
    const named = classes === undefined ? {} : { classes };
    return {
      architecture: 'googlenet',
      ...{ variant, numClasses, auxLogits, ...named, dropout, dropoutAux, transformInput },
    };
  }

  static async load(path: string, options: LoadModelOptions = {}): Promise<GoogLeNetModel> {
    const own = readOptions('options', options, LOAD_MODEL_OPTIONS) as LoadModelOptions;
    const signal = readSignal('signal', own.signal);
    return withWeightsFile(readPath('path', path), (file) => loadGoogLeNet(file, own), { signal });
  }

  static async pretrained(name: 'imagenet1k-v1', options: PretrainedOptions = {}): Promise<GoogLeNetModel> {
    const known = [
      'path',
      'auxLogits',
      'signal',
      'onProgress',
      'device',
      'channelsLast',
      'maxQueue',
    ] as const;
    const { path, signal, onProgress, ...rest } = readOptions('options', options, known) as PretrainedOptions;
    const names = PUBLISHED.map((published) => published.name);
    const published = PUBLISHED.find((one) => one.name === oneOf('name', name, names)) ?? IMAGENET1K_V1;
    const file = await fetchPublished(published, {
      path: path === undefined ? undefined : readPath('path', path),
      signal: readSignal('signal', signal),
      onProgress: callback('onProgress', onProgress),
    });
    const auxLogits = boolean('auxLogits', rest.auxLogits ?? false);
    const abort = signal === undefined ? {} : { signal };
    return GoogLeNetModel.load(file, {
      ...rest,
      ...abort,
      auxLogits,
      transformInput: true,
      classes: labels.imagenet1k,
    });
  }
}

const LOAD_MODEL_OPTIONS = [...LOAD_OPTIONS, 'auxLogits', 'dropoutAux', 'transformInput'] as const;

/**
 * `GoogLeNet.load` from a file that is open already, and stays open.
 * @internal
 */
export async function loadGoogLeNet(file: WeightsFile, options: LoadModelOptions): Promise<GoogLeNetModel> {
  const own = readOptions('options', options, LOAD_MODEL_OPTIONS) as LoadModelOptions;
  return loadAs(file, 'googlenet', own, (fitting, isComplete) => {
    return new GoogLeNetModel({ ...fitting, [WITHOUT_WEIGHTS]: isComplete } as GoogLeNetOptions);
  });
}

/** `plain` computes its auxiliary heads in training mode only, so of a model that may be one nothing is known of them. */
type KnownAux<Aux extends boolean, Name extends VariantName> = 'plain' extends Name
  ? Aux extends false
    ? false
    : boolean
  : Aux;

/** The class `GoogLeNet`, with types that follow its options. */
export interface GoogLeNetConstructor {
  /**
   * Returns at once; the weights are drawn on the model's own thread.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `CUDA_UNAVAILABLE`, `ADDON_NOT_BUILT`
   */
  new <Aux extends boolean = true, Name extends VariantName = 'reference'>(
    options?: GoogLeNetOptions<Aux, Name>,
  ): GoogLeNet<KnownAux<Aux, Name>>;

  /**
   * Reads weights: safetensors, also in several files with an index, or a state_dict written by `torch.save`, of this package or of
   * Python; or a training checkpoint, of which it takes the model. Variant, number of classes and auxiliary heads are read off the file.
   * @returns the model, in evaluation mode.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `UNSAFE_PICKLE`, `WEIGHTS_MISMATCH`, `CUDA_UNAVAILABLE`, `ABORTED`
   */
  load<Aux extends boolean = boolean>(
    path: string,
    options?: LoadModelOptions<Aux>,
  ): Promise<GoogLeNet<KnownAux<Aux, VariantName>>>;

  /**
   * The variant `torchvision` with published weights and ImageNet's names, in evaluation mode. Downloads 52 MB on the first call, into
   * `GOOGLENET_CACHE` or the user's cache; later calls need no network.
   * @param name `imagenet1k-v1`: torchvision's, 69.8 % top-1 on ImageNet.
   * @throws GoogLeNetError `DOWNLOAD_FAILED`, `INVALID_WEIGHTS`, `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED`, `INVALID_ARGUMENT`
   */
  pretrained<Aux extends boolean = false>(
    name: 'imagenet1k-v1',
    options?: PretrainedOptions<Aux>,
  ): Promise<GoogLeNet<Aux>>;

  readonly prototype: GoogLeNet;
}

/**
 * GoogLeNet (Inception v1; Szegedy et al. 2014) in one of its variants, by default as the PyTorch reference has it: BatchNorm in the stem,
 * biased convolutions, true 5×5 branches, two auxiliary heads. Weights, logits and training are bit-equal to PyTorch's on the CPU.
 * @typeParam Aux whether the auxiliary heads have logits; `boolean` where the options do not say it literally.
 */
export type GoogLeNet<Aux extends boolean = boolean> = GoogLeNetModel<Aux>;
export const GoogLeNet = GoogLeNetModel as GoogLeNetConstructor;
