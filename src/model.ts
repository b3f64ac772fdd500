import { type Classification, loadImages, topK } from './classifier.js';
import { withTensorFile } from './formats/tensor-file.js';
import { readImages } from './images.js';
import { type ModelDescription, modelIn, toMetadata } from './model-file.js';
import { type Device, type InitMethod, Module, readPlace } from './module.js';
import { call, callSync } from './native/call.js';
import type { NativeGoogLeNet } from './native/contract.js';
import { loadAddon } from './native/load.js';
import type { Images, Tensor } from './tensor.js';
import { boolean, integer, invalid, number, options, string } from './validate.js';
import { loadFile, saveFile } from './weights.js';

export interface GoogLeNetOptions {
  /** Default 1000. */
  numClasses?: number;
  /** With the two auxiliary heads. Default true. */
  auxLogits?: boolean;
  /** True: Xavier-uniform weights and zero biases. False (default): PyTorch's own initialization, bit-equal to Python's. */
  initWeights?: boolean;
  /** Probability of zeroing before the main classifier. Default 0.4. */
  dropout?: number;
  /** The same in the auxiliary heads. Default 0.7. */
  dropoutAux?: number;
  /** An integer in [0, 2^64): as `torch.manual_seed(seed)` just before the model is built. Default: random, or see `manualSeed`. */
  seed?: number | bigint;
  /**
   * Keeps convolution weights and pictures in PyTorch's `channels_last` memory format: the same results but for rounding, and
   * less time on the CPU (`npm run bench -- --channels-last`). Default false, the format PyTorch starts with.
   */
  channelsLast?: boolean;
  /** Default `cpu`. */
  device?: Device;
  /** Names of the classes; their number must be `numClasses`. */
  classes?: readonly string[];
}

export interface LoadModelOptions {
  device?: Device;
  seed?: number | bigint;
  dropout?: number;
  dropoutAux?: number;
  channelsLast?: boolean;
  /** Fail where names differ. Default true. */
  strict?: boolean;
  /** Names of the classes, instead of those in the file. */
  classes?: readonly string[];
}

/** Logits of the three heads, `[n, numClasses]` each; `null` for the heads of a model without auxiliary logits. */
export type Logits = [main: Tensor, aux1: Tensor | null, aux2: Tensor | null];

function readClasses(value: unknown, numClasses: number): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (
    !Array.isArray(value) ||
    value.length !== numClasses ||
    !value.every((name) => typeof name === 'string')
  ) {
    throw invalid('classes', `an array of ${numClasses} names`, value);
  }
  return [...value];
}

const OPTIONS = [
  'numClasses',
  'auxLogits',
  'initWeights',
  'dropout',
  'dropoutAux',
  'channelsLast',
  'seed',
  'device',
  'classes',
] as const;

/** For a model whose numbers will all come from a file: drawing random ones first would be wasted time. */
const WITHOUT_WEIGHTS = Symbol('without weights');

function resolve(given: GoogLeNetOptions & { [WITHOUT_WEIGHTS]?: boolean }) {
  const read = options('options', given, OPTIONS);
  const xavier = boolean('initWeights', read.initWeights ?? false);
  const model = {
    numClasses: integer('numClasses', read.numClasses ?? 1000, 1, 100_000),
    auxLogits: boolean('auxLogits', read.auxLogits ?? true),
    dropout: number('dropout', read.dropout ?? 0.4, { min: 0, max: 1 }),
    dropoutAux: number('dropoutAux', read.dropoutAux ?? 0.7, { min: 0, max: 1 }),
    channelsLast: boolean('channelsLast', read.channelsLast ?? false),
  };
  const drawn: InitMethod = xavier ? 'xavier' : 'default';
  return {
    model,
    classes: readClasses(read.classes, model.numClasses),
    initMethod: given[WITHOUT_WEIGHTS] ? ('none' as const) : drawn,
    place: readPlace(read),
  };
}

const natives = new WeakMap<GoogLeNet, () => NativeGoogLeNet>();

/** For the trainer, which works on the same native object. @throws GoogLeNetError `DISPOSED` */
export function nativeOf(model: GoogLeNet): NativeGoogLeNet {
  const native = natives.get(model);
  if (!native) throw invalid('model', 'a GoogLeNet', model);
  return native();
}

/**
 * GoogLeNet (Inception v1; Szegedy et al. 2014) as the PyTorch reference has it: BatchNorm in the stem, biased convolutions,
 * true 5×5 branches, two auxiliary heads. Weights, logits and training are bit-equal to PyTorch's on the CPU.
 */
export class GoogLeNet extends Module<NativeGoogLeNet> {
  readonly numClasses: number;
  readonly auxLogits: boolean;
  readonly dropout: number;
  readonly dropoutAux: number;
  readonly channelsLast: boolean;
  readonly classes: readonly string[] | undefined;

  /**
   * Returns at once; the weights are drawn on the model's own thread.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `CUDA_UNAVAILABLE`, `ADDON_NOT_BUILT`
   */
  constructor(given: GoogLeNetOptions = {}) {
    const { model, classes, initMethod, place } = resolve(given);
    super(
      callSync(() => new (loadAddon().GoogLeNet)({ ...model, ...place })),
      place,
    );
    this.numClasses = model.numClasses;
    this.auxLogits = model.auxLogits;
    this.dropout = model.dropout;
    this.dropoutAux = model.dropoutAux;
    this.channelsLast = model.channelsLast;
    this.classes = classes;
    natives.set(this, () => this.native);
    this.initialize(initMethod);
  }

  /**
   * Logits of a batch. NaN and infinity pass through, as in PyTorch. Runs off the JS thread; the array may be reused at once.
   * @param images `Float32Array` `[n, 3, h, w]`, or bytes `[n, h, w, 3]`; h and w in [223, 254].
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `DISPOSED`, `OUT_OF_MEMORY`
   */
  async forward(images: Images): Promise<Logits> {
    const { native } = this;
    const { count: _, ...batch } = readImages(images);
    return call(() => native.forward(batch));
  }

  /**
   * What is in a picture, in evaluation mode and with the published preprocessing.
   * @param source a path or an encoded picture.
   * @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND`, `DISPOSED`
   */
  async classify(source: string | Uint8Array, given: { topK?: number } = {}): Promise<Classification[]> {
    const { topK: k = 5 } = options('options', given, ['topK']);
    const count = integer('topK', k, 1);
    const [main] = await this.#inEvaluation(await loadImages([source]));
    return topK(main.data, count, this.classes);
  }

  #inEvaluation(images: Images): Promise<Logits> {
    const wasTraining = this.training;
    if (wasTraining) this.eval();
    const logits = this.forward(images);
    if (wasTraining) this.train();
    return logits;
  }

  /** What a file says of this model beside its tensors. */
  describe(): ModelDescription {
    const { numClasses, auxLogits, classes, dropout, dropoutAux } = this;
    return { numClasses, auxLogits, ...(classes && { classes }), dropout, dropoutAux };
  }

  /**
   * Writes the weights as safetensors under the reference's names; Python reads it with `load_state_dict(load_file(path))`.
   * The file appears whole or not at all.
   * @throws GoogLeNetError `FILE_NOT_FOUND` (no such folder), `FILE_ERROR`, `DISPOSED`
   */
  async save(path: string): Promise<void> {
    const { native } = this;
    const group = { prefix: '', tensors: native.tensors(), copy: native.snapshot.bind(native) };
    await saveFile(string('path', path), [group], async () => toMetadata({ model: this.describe() }));
  }

  /**
   * Reads a safetensors file: weights of this package or of Python, or a training checkpoint (of which it takes the model). The
   * number of classes and the auxiliary heads are read off the file.
   * @returns the model, in evaluation mode.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `WEIGHTS_MISMATCH`, `CUDA_UNAVAILABLE`
   */
  static async load(path: string, given: LoadModelOptions = {}): Promise<GoogLeNet> {
    const known = ['device', 'seed', 'dropout', 'dropoutAux', 'channelsLast', 'strict', 'classes'] as const;
    const { strict = true, ...rest } = options('options', given, known) as LoadModelOptions;
    boolean('strict', strict);
    return withTensorFile(string('path', path), async (file) => {
      const { tensors, description } = modelIn(file, path);
      const given = Object.entries(rest).filter(([, value]) => value !== undefined);
      const options = { ...description, ...Object.fromEntries(given), [WITHOUT_WEIGHTS]: strict };
      const model = new GoogLeNet(options as GoogLeNetOptions);
      try {
        await loadFile(model.native, path, tensors, { strict });
        return model.eval();
      } catch (error) {
        model.dispose();
        throw error;
      }
    });
  }
}
