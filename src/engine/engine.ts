import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import type { Images } from '../core/tensor.js';
import { readOptions, path as readPath, signal as readSignal } from '../core/validation.js';
import { SAFETENSORS } from '../formats/safetensors.js';
import { type WeightsFile, withWeightsFile } from '../formats/weights-file.js';
import { type Classifier, INFER, type Logits } from '../inference/classifier.js';
import { type ClassifyOptions, classify } from '../inference/classify.js';
import { readImages } from '../inference/image-batch.js';
import type { ImageInput } from '../inference/image-input.js';
import type { InputSizes } from '../inference/input-size.js';
import type { Classification } from '../inference/top-k.js';
import type { NativeClassifier, NativeEngine } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import { type CallOptions, readCallOptions } from '../native/call-queue.js';
import { Handle } from '../native/handle.js';
import { loadAddon } from '../native/load.js';
import { loadEngineAddon } from '../native/load-engine.js';
import { describeSteps, type EngineDescription, profileSteps } from './description.js';
import { calibrate, lower } from './lower.js';
import {
  ENGINE_OPTIONS,
  type EngineBackend,
  type EnginePrecision,
  type LoadEngineOptions,
  type ResolvedOptions,
  readEngineOptions,
  readOptimizeOptions,
} from './options.js';
import { damaged, loadPlan, type Plan, type PlanModel, planOf, savePlan, toNative } from './plan.js';

/** Longer than the pause between two requests of a busy service; models keep freed memory for as long. */
const KEEP_MEMORY_MS = 10_000;

/** A model for inference only, as fast as this machine can: made by `model.optimize()` or loaded from a plan. */
export class Engine extends Handle implements Classifier {
  readonly precision: EnginePrecision;
  readonly backend: EngineBackend;
  readonly threads: number;
  readonly maxBatch: number;
  readonly numClasses: number;
  /** Names of the classes, where they are known. */
  readonly classes: readonly string[] | undefined;
  /** Heights and widths of images that `forward` takes. */
  readonly inputSizes: InputSizes;
  /** How many heads have logits: 1, or 3 with the auxiliary ones. */
  readonly heads: number;
  readonly #plan: Plan | undefined;

  private constructor(native: NativeEngine, plan: Plan, options: ResolvedOptions, keepsPlan: boolean) {
    super(native, options.maxQueue);
    const { model, network } = plan;
    this.#plan = keepsPlan ? plan : undefined;
    this.precision = network.precision;
    this.backend = options.backend;
    this.threads = options.threads;
    this.maxBatch = options.maxBatch;
    this.numClasses = model.numClasses;
    this.classes = model.classes;
    this.inputSizes = model.inputSizes;
    this.heads = network.heads.length;
  }

  /** @internal */
  protected override get native(): NativeEngine {
    return super.native as NativeEngine;
  }

  static async #start(plan: Plan, options: ResolvedOptions, keepsPlan: boolean): Promise<Engine> {
    const usesLibtorch = options.backend === 'libtorch';
    const { backend: instructionSet, ...rest } = options;
    const nativeOptions = { ...toNative(plan), ...rest, instructionSet, keepMemoryMs: KEEP_MEMORY_MS };
    const native = callSync(() =>
      usesLibtorch
        ? new (loadAddon().LibtorchEngine)(nativeOptions)
        : new (loadEngineAddon().Engine)(nativeOptions),
    );
    try {
      await call(() => native.ready());
      return new Engine(native, plan, options, keepsPlan);
    } catch (error) {
      native.dispose();
      throw error;
    }
  }

  /**
   * For `model.optimize()`.
   * @internal
   */
  static async of(native: NativeClassifier, model: PlanModel, value: unknown): Promise<Engine> {
    const { precision, outputs, calibration, options } = readOptimizeOptions(value);
    const allHeads = outputs === 'all';
    const amax = calibration && (await calibrate(native, model, allHeads, calibration));
    const lowered = await lower(native, { precision, allHeads, ...(amax && { amax }) });
    return Engine.#start(planOf(lowered, model), options, true);
  }

  /**
   * An engine from a file of `save()`, without the model. Only the backend `libtorch` needs libtorch.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_WEIGHTS`, `UNSUPPORTED`, `ADDON_NOT_BUILT`,
   * `ABORTED`
   */
  static async load(path: string, options: LoadEngineOptions = {}): Promise<Engine> {
    const { signal: abort, ...own } = readOptions('options', options, ['signal', ...ENGINE_OPTIONS]);
    const signal = readSignal('signal', abort);
    const format = SAFETENSORS;
    return withWeightsFile(readPath('path', path), (file) => Engine.#loadFrom(file, own, signal), {
      signal,
      format,
    });
  }

  /**
   * The same from a file that is open already, and stays open.
   * @internal
   */
  static loadFrom(file: WeightsFile, options: LoadEngineOptions): Promise<Engine> {
    return Engine.#loadFrom(file, readOptions('options', options, ENGINE_OPTIONS), undefined);
  }

  static async #loadFrom(
    file: WeightsFile,
    options: Parameters<typeof readEngineOptions>[0],
    signal: AbortSignal | undefined,
  ): Promise<Engine> {
    const { path } = file;
    const plan = await loadPlan(file);
    throwIfAborted(signal, `Loading ${path}`);
    const resolved = readEngineOptions(options, plan.network.precision);
    try {
      return await Engine.#start(plan, resolved, false);
    } catch (error) {
      // There is no image yet, so the network itself is the one that fits none.
      const isPlan = error instanceof GoogLeNetError && /^INVALID_(ARGUMENT|SHAPE)$/.test(error.code);
      throw isPlan ? damaged(path, error.message) : error;
    }
  }

  /**
   * Logits of a batch, as those of the model in evaluation mode, within what the precision allows. All NaN for an image with NaN or
   * infinity. Calls at the same time are gathered into one batch. The array may be reused at once.
   * @param images `Float32Array` `[n, 3, h, w]`, or bytes `[n, h, w, 3]`, with height and width in `inputSizes`.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `DISPOSED`, `ABORTED`, `OVERLOADED`, `OUT_OF_MEMORY`
   */
  async forward(images: Images, options: CallOptions = {}): Promise<Logits> {
    const native = this.native;
    const signal = readCallOptions(options);
    const { batch, size } = readImages(images, this.inputSizes);
    return toLogits(await this.queue({ ...size, signal }, (id) => native.forward({ ...batch, id })));
  }

  /** @internal */
  [INFER](images: Images, signal: AbortSignal | undefined): Promise<Logits> {
    return this.forward(images, { signal });
  }

  /**
   * The most likely classes of an image, best first, with the published preprocessing, which needs libtorch.
   * @param source a path, an encoded image, or RGB bytes `{ data, width, height }`.
   * @throws GoogLeNetError `INVALID_IMAGE`, `FILE_NOT_FOUND`; as `forward`
   */
  async classify(source: ImageInput, options: ClassifyOptions = {}): Promise<Classification[]> {
    const native = this.native;
    return classify(source, options, {
      classes: this.classes,
      inputSizes: this.inputSizes,
      queue: (queued, start) => this.queue(queued, start),
      forward: (batch) => native.forward(batch),
    });
  }

  /**
   * What the engine does for one image, step by step.
   * @param options height and width of the image in pixels, default 224.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_SHAPE`, `DISPOSED`
   */
  async describe(options: { height?: number; width?: number } = {}): Promise<EngineDescription> {
    const { precision, backend, threads, maxBatch } = this;
    const steps = await describeSteps(this.native, this.inputSizes, options);
    return { precision, backend, threads, maxBatch, ...steps };
  }

  /**
   * How long each step of `describe` takes one thread, from running whole images of that size on the engine's thread. A call that comes
   * meanwhile waits for at most ten of them.
   * @param options height and width of the image in pixels, default 224; `runs`, default 30, of which each step's median is taken.
   * @returns microseconds, step by step.
   * @throws GoogLeNetError `UNSUPPORTED` for the backend `libtorch`; as `describe`
   */
  async profile(options: { height?: number; width?: number; runs?: number } = {}): Promise<number[]> {
    return profileSteps(() => this.native, this.inputSizes, options);
  }

  /**
   * Writes the plan: layers, weights and names of classes, for every backend of every machine. The file appears whole or not at all.
   * @throws GoogLeNetError `FILE_NOT_FOUND` (no such folder), `FILE_ERROR`, `DISPOSED`; `UNSUPPORTED` for an engine from a file: copy that
   */
  async save(path: string): Promise<void> {
    void this.native;
    if (!this.#plan) {
      const message = 'This engine came from a file and keeps no second copy of its weights. Copy that file.';
      throw new GoogLeNetError('UNSUPPORTED', message);
    }
    await savePlan(readPath('path', path), this.#plan);
  }
}

function toLogits([main, aux1, aux2]: Awaited<ReturnType<NativeEngine['forward']>>): Logits {
  return aux1 && aux2 ? [main, aux1, aux2] : [main, null, null];
}
