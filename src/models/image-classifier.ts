import type { Device } from '../core/device.js';
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import type { Images, Tensor } from '../core/tensor.js';
import {
  boolean,
  integer,
  invalid,
  itemsOf,
  readOptions,
  path as readPath,
  signal as readSignal,
  string,
} from '../core/validation.js';
import { Engine } from '../engine/engine.js';
import type { OptimizeOptions } from '../engine/options.js';
import { type TensorFile, withTensorFile } from '../formats/tensor-file.js';
import {
  type Classification,
  type ClassifyOptions,
  type ImageInput,
  LOADING_OPTIONS,
  loadImages,
  topK,
} from '../inference/classify.js';
import { readImages, readLabels } from '../inference/image-batch.js';
import { assertInputSize, type InputSizes } from '../inference/input-size.js';
import type { NativeArchitecture, NativeClassifier } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import { type CallOptions, type MaxQueue, PREPROCESSED, readCallOptions } from '../native/call-queue.js';
import { loadAddon } from '../native/load.js';
import { prepareDevice } from '../native/runtime.js';
import { loadFile, saveFile } from '../weights/weights.js';
import type { ModelDescription } from './description.js';
import { Module, type ModulePlace } from './module.js';
import { isAuxiliary, modelIn, toMetadata } from './stored-architecture.js';
import { type ModelSummary, summaryOf } from './summary.js';

/**
 * Logits of the three heads, `[n, numClasses]` each; `null` for heads that a model does not have, and for those of the variant `plain`
 * in evaluation mode. Exact where the type of the model says which: `Logits<true>`, `Logits<false>`.
 */
export type Logits<Aux extends boolean = boolean> = Aux extends true
  ? [main: Tensor, aux1: Tensor, aux2: Tensor]
  : [main: Tensor, aux1: null, aux2: null];

/**
 * What every classifier has, resolved.
 * @internal
 */
export interface ClassifierSettings {
  architecture: NativeArchitecture;
  channelsLast: boolean;
  classes: readonly string[] | undefined;
  inputSizes: InputSizes;
  place: ModulePlace;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readClasses(value: unknown, numClasses: number): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (
    !Array.isArray(value) ||
    value.length !== numClasses ||
    !itemsOf(value).every((name) => typeof name === 'string')
  ) {
    throw invalid('classes', `an array of ${numClasses} names`, value);
  }
  return [...value];
}

/** An image of zeros goes through the network: larger ones only take memory. */
const MAX_SUMMARY_SIDE = 1024;

const natives = new WeakMap<ImageClassifier, () => NativeClassifier>();

/**
 * For the trainer, which works on the same native object.
 * @throws GoogLeNetError `DISPOSED`
 * @internal
 */
export function nativeOf(model: ImageClassifier): NativeClassifier {
  const native = natives.get(model);
  if (!native) throw invalid('model', 'a GoogLeNet or an Xception', model);
  return native();
}

/**
 * Logits in evaluation mode, whatever the model's mode is, and without changing it.
 * @throws as `forward`
 * @internal
 */
export async function evaluated(
  model: ImageClassifier,
  images: Images,
  signal?: AbortSignal,
): Promise<Logits> {
  nativeOf(model);
  return model[FORWARD](images, true, signal);
}

/** For {@link evaluated}: the forward pass of a model, in a mode. */
const FORWARD = Symbol('forward');

/**
 * A network from images to the logits of classes.
 * @typeParam Aux whether the auxiliary heads have logits; `boolean` where that is not known.
 */
export abstract class ImageClassifier<Aux extends boolean = boolean> extends Module {
  readonly numClasses: number;
  readonly channelsLast: boolean;
  /** Names of the classes, where they are known. */
  readonly classes: readonly string[] | undefined;
  /** Sides of images that `forward` takes. */
  readonly inputSizes: InputSizes;

  /** @internal */
  protected constructor(settings: ClassifierSettings) {
    const { architecture, channelsLast, classes, inputSizes, place } = settings;
    super(
      callSync(() => new (loadAddon().Classifier)({ model: architecture, channelsLast, ...place })),
      place,
    );
    this.numClasses = architecture.numClasses;
    this.channelsLast = channelsLast;
    this.classes = classes;
    this.inputSizes = inputSizes;
    natives.set(this, () => this.native);
  }

  /** @internal */
  protected override get native(): NativeClassifier {
    return super.native as NativeClassifier;
  }

  /** Whether there are auxiliary heads. */
  abstract readonly auxLogits: boolean;

  /** Whether they have logits in evaluation mode too. */
  abstract readonly auxInEvaluation: boolean;

  /** Names of the modules that give the logits. */
  abstract readonly heads: readonly string[];

  /** The last module whose output has spatial positions: the default of `gradCam`. */
  protected abstract readonly targetLayer: string;

  /** A model of the same architecture on the CPU, with any numbers. */
  protected abstract blank(): ImageClassifier;

  /** What a file says of this model beside its tensors. */
  abstract describe(): ModelDescription;

  /**
   * Logits of a batch. NaN and infinity pass through, as in PyTorch. Runs off the JS thread; the array may be reused at once.
   * @param images `Float32Array` `[n, 3, h, w]`, or bytes `[n, h, w, 3]`, with sides in `inputSizes`.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `DISPOSED`, `OUT_OF_MEMORY`, `OVERLOADED`, `ABORTED`
   */
  async forward(images: Images, options: CallOptions = {}): Promise<Logits<Aux>> {
    return this[FORWARD](images, false, readCallOptions(options));
  }

  /** @internal */
  async [FORWARD](
    images: Images,
    evaluation: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Logits<Aux>> {
    const { native } = this;
    const { count, bytes, ...batch } = readImages(images, this.inputSizes);
    const queued = { images: count, bytes, signal };
    // The addon gives the heads that the model has.
    return this.queue(queued, (id) => native.forward({ ...batch, evaluation, id })) as Promise<Logits<Aux>>;
  }

  /**
   * What is in an image, in evaluation mode and with the published preprocessing.
   * @param source a path, an encoded image, or RGB bytes `{ data, width, height }`.
   * @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND`, `DISPOSED`, `OVERLOADED`, `ABORTED`
   */
  async classify(source: ImageInput, options: ClassifyOptions = {}): Promise<Classification[]> {
    const { topK: k = 5, ...loading } = readOptions('options', options, ['topK', ...LOADING_OPTIONS]);
    const count = integer('topK', k, 1);
    const signal = readSignal('signal', loading.signal);
    const { native } = this;
    // Before anything is decoded, so that what waits for that is bounded too.
    const [main] = await this.queue({ ...PREPROCESSED, signal }, async (id) => {
      const {
        count: _,
        bytes: __,
        ...batch
      } = readImages(await loadImages([source], loading as ClassifyOptions), this.inputSizes);
      throwIfAborted(signal, 'The call');
      return native.forward({ ...batch, evaluation: true, id });
    });
    return topK(main.data, count, this.classes);
  }

  /**
   * Outputs of modules inside the network, in the mode the model is in: in training mode the pass moves BatchNorm's statistics and draws
   * dropout masks, as that of `forward`.
   * @param names as in the state_dict: `inception_4a`, `inception_4a.branch2`, …
   * @returns by name; those of a convolution that is followed by a ReLU are from before it.
   * @throws GoogLeNetError as `forward`; `INVALID_ARGUMENT` for a name that is none of a module, or of one that does not run
   */
  async features<Name extends string>(
    images: Images,
    names: readonly Name[],
    options: CallOptions = {},
  ): Promise<Record<Name, Tensor>> {
    const { native } = this;
    const signal = readCallOptions(options);
    const { count, bytes, ...batch } = readImages(images, this.inputSizes);
    if (!Array.isArray(names)) throw invalid('names', 'an array of names of modules', names);
    const wanted = itemsOf(names).map((name, i) => string(`names[${i}]`, name));
    const queued = { images: count, bytes, signal };
    const outputs = await this.queue(queued, (id) => native.features({ ...batch, names: wanted, id }));
    return Object.fromEntries(wanted.map((name, i) => [name, outputs[i]])) as Record<Name, Tensor>;
  }

  /**
   * How much each place of a module's output speaks for a class, by Grad-CAM (Selvaraju et al. 2017), in evaluation mode.
   * @param classes one index for each image.
   * @param targetLayer a module whose output is `[n, c, h, w]`; default the last one with spatial positions.
   * @returns `[n, h, w]`, zero or more.
   * @throws GoogLeNetError as `features`; `INVALID_LABEL`
   */
  async gradCam(
    images: Images,
    classes: readonly number[],
    targetLayer: string = this.targetLayer,
    options: CallOptions = {},
  ): Promise<Tensor> {
    const { native } = this;
    const signal = readCallOptions(options);
    const { count, bytes, ...batch } = readImages(images, this.inputSizes);
    const labels = readLabels(classes, count, this.numClasses);
    const name = string('targetLayer', targetLayer);
    const queued = { images: count, bytes, signal };
    return this.queue(queued, (id) => native.gradCam({ ...batch, labels, name, id }));
  }

  /**
   * Every layer with its output's shape, parameters and multiply-adds, for one image.
   * @param options sides of the image in pixels, default 224, at most 1024.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`, `DISPOSED`
   */
  async summary(options: { height?: number; width?: number } = {}): Promise<ModelSummary> {
    const { height = 224, width = 224 } = readOptions('options', options, ['height', 'width']);
    const sides = [
      integer('height', height, 1, MAX_SUMMARY_SIDE),
      integer('width', width, 1, MAX_SUMMARY_SIDE),
    ] as const;
    assertInputSize(...sides, this.inputSizes);
    // In training mode all heads run, but statistics change and random numbers are drawn.
    const other = this.blank();
    try {
      const layers = await call(() => other.native.summary({ shape: [1, 3, ...sides] }));
      return summaryOf(layers, this.parameters);
    } finally {
      other.dispose();
    }
  }

  /**
   * An engine that infers as this model would now in evaluation mode, but faster. The model stays as it is, and later changes of it do
   * not reach the engine.
   * @throws GoogLeNetError `UNSUPPORTED` for layers that engines do not have, `INVALID_ARGUMENT`, `DISPOSED`, `OUT_OF_MEMORY`
   */
  async optimize(options: OptimizeOptions = {}): Promise<Engine> {
    const { numClasses, classes, inputSizes } = this;
    return Engine.of(this.native, { numClasses, inputSizes, ...(classes && { classes }) }, options);
  }

  /**
   * Writes the weights as safetensors under the names of the model's PyTorch counterpart; Python reads it with
   * `load_state_dict(load_file(path))`. The file appears whole or not at all.
   * @throws GoogLeNetError `FILE_NOT_FOUND` (no such folder), `FILE_ERROR`, `DISPOSED`
   */
  async save(path: string): Promise<void> {
    const { native } = this;
    const group = { prefix: '', tensors: native.tensors(), copy: native.snapshot.bind(native) };
    await saveFile(readPath('path', path), [group], async () => toMetadata({ model: this.describe() }));
  }
}

/** Options of loading that every model has. */
export const LOAD_OPTIONS = [
  'device',
  'seed',
  'dropout',
  'channelsLast',
  'strict',
  'numClasses',
  'classes',
  'resetClassifier',
  'initWeights',
  'maxQueue',
  'signal',
] as const;

/** The same, as callers give them. */
export interface LoadAnyOptions {
  device?: Device;
  seed?: number | bigint;
  dropout?: number;
  channelsLast?: boolean;
  /** Fail where names differ. Default true. */
  strict?: boolean;
  /** Another number than the file's gives the model new classifiers for it, and all else from the file: fine-tuning begins so. */
  numClasses?: number;
  /** Names of the classes, instead of those in the file. */
  classes?: readonly string[];
  /** Re-initialize the classifiers also where the file has as many classes. Default false. */
  resetClassifier?: boolean;
  /** How new classifiers are drawn; as in the constructor. */
  initWeights?: boolean;
  /** What may wait for the model; beyond it calls fail with `OVERLOADED`. */
  maxQueue?: MaxQueue;
  /** Ends with the error `ABORTED`; looked at first, between all stages and while the file is read. */
  signal?: AbortSignal;
}

type Described<A> = Extract<ModelDescription, { architecture: A }>;

/**
 * A model from a file, in evaluation mode. With other classes than the file's it keeps its own classifiers.
 * @param options what shall be other than in the file.
 * @param make makes a model of these options; with `isComplete` all of its numbers will come from the file.
 */
export async function loadAs<A extends ModelDescription['architecture'], Model extends ImageClassifier>(
  path: string,
  architecture: A,
  options: LoadAnyOptions,
  make: (options: Omit<Described<A>, 'architecture'>, isComplete: boolean) => Model,
): Promise<Model> {
  const { strict = true, resetClassifier = false, signal: abort, ...own } = withoutUndefined(options);
  boolean('strict', strict);
  boolean('resetClassifier', resetClassifier);
  const signal = readSignal('signal', abort);
  const load = async (file: TensorFile): Promise<Model> => {
    const { tensors, foreign, description } = modelIn(file, path);
    if (description.architecture !== architecture) {
      const message = `${path} holds another architecture, '${description.architecture}'. Load it with its own class.`;
      throw new GoogLeNetError('WEIGHTS_MISMATCH', message);
    }
    const { architecture: _, classes, ...rest } = description as Described<A>;
    const numClasses = own.numClasses ?? own.classes?.length ?? rest.numClasses;
    const replaces = resetClassifier || numClasses !== rest.numClasses;
    const named = replaces || classes === undefined ? {} : { classes };
    const options = { ...rest, ...named, ...own, numClasses } as Omit<Described<A>, 'architecture'>;
    await prepareDevice(own.device ?? 'cpu');
    throwIfAborted(signal, `Loading ${path}`);
    const model = make(options, strict && !replaces);
    try {
      const isReplaced = (name: string) =>
        replaces && model.heads.some((head) => name.startsWith(`${head}.`));
      const isUnused = (name: string) => (!model.auxLogits && isAuxiliary(name)) || isReplaced(name);
      const wanted = tensors.filter(({ name }) => !isUnused(name));
      // As in PyTorch, where weights of before 0.4.1 lack the counters of BatchNorm.
      const mayLack = (name: string) => isReplaced(name) || name.endsWith('.num_batches_tracked');
      const others = foreign.filter(({ name }) => !isUnused(name));
      await loadFile(nativeOf(model), path, wanted, { strict, mayLack, foreign: others });
      await file.assertUnchanged();
      model.eval();
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  };
  return withTensorFile(readPath('path', path), load, { signal });
}

const withoutUndefined = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
