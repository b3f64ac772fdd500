import type { Images, Tensor } from '../core/tensor.js';
import { integer, invalid, itemsOf, readOptions, path as readPath, string } from '../core/validation.js';
import { Engine } from '../engine/engine.js';
import type { OptimizeOptions } from '../engine/options.js';
import { type Classifier, INFER, type Logits } from '../inference/classifier.js';
import { type ClassifyOptions, classify } from '../inference/classify.js';
import { readImages, readLabels } from '../inference/image-batch.js';
import type { ImageInput } from '../inference/image-input.js';
import { assertInputSize, type InputSizes } from '../inference/input-size.js';
import type { Classification } from '../inference/top-k.js';
import type { NativeArchitecture, NativeClassifier } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import { type CallOptions, readCallOptions } from '../native/call-queue.js';
import { loadAddon } from '../native/load.js';
import { saveFile } from '../weights/save.js';
import type { ModelDescription } from './description.js';
import { Module, type ModulePlace } from './module.js';
import { toMetadata } from './stored-architecture.js';
import { type ModelSummary, summaryOf } from './summary.js';

/**
 * The options that every model has, resolved.
 * @internal
 */
export interface ClassifierSettings {
  architecture: NativeArchitecture;
  channelsLast: boolean;
  classes: readonly string[] | undefined;
  inputSizes: InputSizes;
  place: ModulePlace;
}

/** An image of zeros goes through the network; a larger one only takes memory. */
const MAX_SUMMARY_SIZE = 1024;

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
 * A network from images to the logits of classes.
 * @typeParam Aux whether the auxiliary heads have logits; `boolean` where that is not known.
 */
export abstract class ImageClassifier<Aux extends boolean = boolean> extends Module implements Classifier {
  readonly numClasses: number;
  readonly channelsLast: boolean;
  /** Names of the classes, where they are known. */
  readonly classes: readonly string[] | undefined;
  /** Heights and widths of images that `forward` takes. */
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
  abstract readonly targetLayer: string;

  /** A model of the same architecture on the CPU, with any weights. */
  protected abstract blank(): ImageClassifier;

  /** What a file says of this model, apart from its tensors. */
  abstract describe(): ModelDescription;

  /**
   * Logits of a batch. NaN and infinity pass through, as in PyTorch. Runs off the JS thread; the array may be reused at once.
   * @param images `Float32Array` `[n, 3, h, w]`, or bytes `[n, h, w, 3]`, with height and width in `inputSizes`.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `DISPOSED`, `OUT_OF_MEMORY`, `OVERLOADED`, `ABORTED`
   */
  async forward(images: Images, options: CallOptions = {}): Promise<Logits<Aux>> {
    return this.#logits(images, false, readCallOptions(options));
  }

  /** @internal */
  [INFER](images: Images, signal: AbortSignal | undefined): Promise<Logits<Aux>> {
    return this.#logits(images, true, signal);
  }

  /** @param evaluation computes in evaluation mode; otherwise in the mode the model is in. */
  async #logits(images: Images, evaluation: boolean, signal: AbortSignal | undefined): Promise<Logits<Aux>> {
    const { native } = this;
    const { batch, size } = readImages(images, this.inputSizes);
    const queued = { ...size, signal };
    // The addon gives the heads that the model has.
    return this.queue(queued, (id) => native.forward({ ...batch, evaluation, id })) as Promise<Logits<Aux>>;
  }

  /**
   * The most likely classes of an image, best first, in evaluation mode and with the published preprocessing.
   * @param source a path, an encoded image, or RGB bytes `{ data, width, height }`.
   * @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND`, `DISPOSED`, `OVERLOADED`, `ABORTED`
   */
  async classify(source: ImageInput, options: ClassifyOptions = {}): Promise<Classification[]> {
    const { native } = this;
    return classify(source, options, {
      classes: this.classes,
      inputSizes: this.inputSizes,
      queue: (queued, start) => this.queue(queued, start),
      forward: (batch) => native.forward({ ...batch, evaluation: true }),
    });
  }

  /**
   * Outputs of modules inside the network, in the mode the model is in: in training mode the pass moves BatchNorm's statistics and draws
   * dropout masks, as that of `forward`.
   * @param names as in the state_dict: `inception_4a`, `inception_4a.branch2`, …
   * @returns the output of each module by its name; that of a convolution in front of a ReLU is from before the ReLU.
   * @throws GoogLeNetError as `forward`; `INVALID_ARGUMENT` for a name that no module has, or for a module that does not run
   */
  async features<Name extends string>(
    images: Images,
    names: readonly Name[],
    options: CallOptions = {},
  ): Promise<Record<Name, Tensor>> {
    const { native } = this;
    const signal = readCallOptions(options);
    const { batch, size } = readImages(images, this.inputSizes);
    if (!Array.isArray(names)) throw invalid('names', 'an array of names of modules', names);
    const modules = itemsOf(names).map((name, i) => string(`names[${i}]`, name));
    const queued = { ...size, signal };
    const outputs = await this.queue(queued, (id) => native.features({ ...batch, names: modules, id }));
    return Object.fromEntries(modules.map((name, i) => [name, outputs[i]])) as Record<Name, Tensor>;
  }

  /**
   * How much each spatial position of a module's output speaks for a class, by Grad-CAM (Selvaraju et al. 2017), in evaluation mode.
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
    const { batch, size } = readImages(images, this.inputSizes);
    const labels = readLabels(classes, size.images, this.numClasses);
    const name = string('targetLayer', targetLayer);
    const queued = { ...size, signal };
    return this.queue(queued, (id) => native.gradCam({ ...batch, labels, name, id }));
  }

  /**
   * Every layer with its output's shape, parameters and multiply-adds, for one image.
   * @param options height and width of the image in pixels, default 224, at most 1024.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`, `DISPOSED`
   */
  async summary(options: { height?: number; width?: number } = {}): Promise<ModelSummary> {
    const { height = 224, width = 224 } = readOptions('options', options, ['height', 'width']);
    const size = [
      integer('height', height, 1, MAX_SUMMARY_SIZE),
      integer('width', width, 1, MAX_SUMMARY_SIZE),
    ] as const;
    assertInputSize(...size, this.inputSizes);
    // In training mode all heads run, but statistics change and random numbers are drawn.
    const other = this.blank();
    try {
      const layers = await call(() => other.native.summary({ shape: [1, 3, ...size] }));
      return summaryOf(layers, this.parameters);
    } finally {
      other.dispose();
    }
  }

  /**
   * An engine that computes what this model computes now in evaluation mode, but faster. The model stays as it is, and its later changes
   * do not reach the engine.
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
