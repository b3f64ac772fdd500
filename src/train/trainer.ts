import { dirname, resolve } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import type { Images } from '../core/tensor.js';
import { boolean, integer, number, readOptions, path as readPath } from '../core/validation.js';
import type { Dataset } from '../data/dataset.js';
import { readImages, readLabels } from '../inference/image-batch.js';
import type { BatchEvaluation, BatchResult } from '../inference/metrics.js';
import { type ImageClassifier, nativeOf } from '../models/image-classifier.js';
import { toMetadata } from '../models/stored-architecture.js';
import type { NativeClassifier, NativeLosses, NativeTrainer, TensorInfo } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import { CallQueue, type Pending } from '../native/call-queue.js';
import { loadAddon } from '../native/load.js';
import type { StateDict } from '../weights/state-dict.js';
import { readTensors, type StoredGroup, saveFile } from '../weights/weights.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { FACTOR, readTrainerConfig, type TrainerConfig, type TrainerOptions } from './config.js';
import type { Source } from './datasets.js';
import { type FitEvent, type FitOptions, type FitResult, trainingLoop } from './fit.js';
import { isParameter, matching } from './parameter-names.js';
import { lrAt, MAX_EPOCH } from './schedule.js';
import { initialState, type TrainState } from './train-state.js';
import { type ValidateOptions, type Validation, validate } from './validation.js';

export interface StepResult extends BatchResult {
  /** The learning rate of this step. */
  lr: number;
  /** Norm of all gradients before they were clipped; `null` without `maxGradNorm`. */
  gradNorm: number | null;
}

export type Labels = Int32Array | BigInt64Array | readonly number[];

function toBatchResult(losses: NativeLosses, hasAux: boolean): BatchResult {
  const { loss, mainLoss, correct, correctTop5, aux1Loss, aux2Loss, aux1Correct, aux2Correct } = losses;
  const aux = hasAux
    ? { aux1Loss, aux2Loss, aux1Correct, aux2Correct }
    : { aux1Loss: null, aux2Loss: null, aux1Correct: null, aux2Correct: null };
  return { loss, mainLoss, correct, correctTop5, ...aux };
}

/** The one that computes, and the one that waits to be computed next, so that the threads never wait for the program. */
const STEPS_ALWAYS_TAKEN = 2;

const parameterNames = (native: NativeClassifier): string[] =>
  native
    .tensors()
    .map(({ name }) => name)
    .filter(isParameter);

/** A mean over labels that all weigh nothing is no number. */
function assertWeight(labels: Int32Array, { classWeights }: TrainerConfig): void {
  if (classWeights === null || labels.some((label) => classWeights[label] !== 0)) return;
  const message = 'All labels of the batch are of classes whose classWeights are 0, so it has no loss.';
  throw new GoogLeNetError('INVALID_LABEL', `${message} Leave their images out, or take larger batches.`);
}

/**
 * Trains a model: cross entropy of the main head plus `auxWeight` times that of each auxiliary head, SGD with momentum, a schedule
 * of the learning rate. Steps run on the model's own thread in the order of the calls; in fp32 on the CPU they are bit-equal to
 * PyTorch's.
 */
export class Trainer {
  readonly model: ImageClassifier;
  readonly config: TrainerConfig;
  /** The state of the run and its history. Read only: `fit` and `loadCheckpoint` set it. */
  state: TrainState = initialState;
  /** Steps of the whole run, which some schedules need. Set by `fit`; a loop of one's own sets it. */
  totalSteps: number | null = null;
  /** @internal Weights of the best epoch so far, in a fit that stops early. */
  bestWeights: StateDict | null = null;
  /** @internal The folder of the checkpoint that was loaded, or that `fit` wrote last: the one that holds this run's. */
  checkpointDir: string | null = null;
  /** @internal `fit` has put the best or EMA weights into the model, from which no run resumes. */
  isFinished = false;
  readonly #native: NativeTrainer;
  readonly #calls: CallQueue;
  #isFitting = false;
  #disposed = false;

  /** @throws GoogLeNetError `INVALID_ARGUMENT`, `DISPOSED` */
  constructor(model: ImageClassifier, options: TrainerOptions = {}) {
    this.config = readTrainerConfig(options);
    const native = nativeOf(model);
    const { optimizer, auxWeight, labelSmoothing, classWeights: weights, precision, freeze } = this.config;
    const { maxGradNorm, emaDecay } = this.config;
    const { lr: _, headLr: __, ...sgd } = optimizer;
    if (weights !== null && weights.length !== model.numClasses) {
      const message = `Expected ${model.numClasses} classWeights, one for each class, but received ${weights.length}.`;
      throw new GoogLeNetError('INVALID_ARGUMENT', message);
    }
    const classWeights = weights && Float32Array.from(weights);
    const names = parameterNames(native);
    const frozen = matching('freeze', freeze, names);
    if (frozen.length === names.length) {
      throw new GoogLeNetError('INVALID_ARGUMENT', 'freeze leaves no parameter to train.');
    }
    const head = matching('heads', model.heads, names);
    this.model = model;
    this.#calls = new CallQueue(model.maxQueue, STEPS_ALWAYS_TAKEN);
    this.#native = callSync(
      () =>
        new (loadAddon().Trainer)({
          ...{ model: native, ...sgd, auxWeight, labelSmoothing, classWeights, precision, frozen, head },
          ...{ maxGradNorm, emaDecay },
        }),
    );
  }

  get #usable(): NativeTrainer {
    if (this.#disposed) throw new GoogLeNetError('DISPOSED', 'This Trainer was disposed. Create a new one.');
    nativeOf(this.model);
    return this.#native;
  }

  /**
   * Batches of `step` and `evaluate` that are not answered yet. The model's `maxQueue` bounds them, apart from its own calls: so a
   * service that infers with a model in training cannot take the place of the next step.
   */
  get pending(): Pending {
    return this.#calls.pending;
  }

  /** Epoch of the schedule, counted from 0; `fit` advances it, a loop of one's own sets it. */
  get epoch(): number {
    return this.state.epoch;
  }

  set epoch(epoch: number) {
    this.state = {
      ...initialState,
      epoch: integer('epoch', epoch, 0, MAX_EPOCH),
      globalStep: this.state.globalStep,
      history: this.state.history,
    };
    this.bestWeights = null;
  }

  /** The learning rate of the next step. */
  get lr(): number {
    return this.#lrFrom(this.config.optimizer.lr);
  }

  /** The same for the classifiers. */
  get headLr(): number {
    return this.#lrFrom(this.config.optimizer.headLr ?? this.config.optimizer.lr);
  }

  #lrFrom(start: number): number {
    const { epoch, globalStep: step } = this.state;
    return lrAt({ epoch, step, totalSteps: this.totalSteps }, start, this.config.schedule);
  }

  /**
   * One optimiser step in training mode. The arrays may be reused at once. A step that fails for lack of memory leaves
   * every parameter as it was.
   * @param images as for `GoogLeNet.forward`.
   * @param labels one class index for each image.
   * @param options `lr`: another learning rate than the schedule's, also for the classifiers if there is no `headLr` beside it.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `INVALID_LABEL`, `DISPOSED`, `OUT_OF_MEMORY`, `OVERLOADED`
   */
  async step(
    images: Images,
    labels: Labels,
    options: { lr?: number; headLr?: number } = {},
  ): Promise<StepResult> {
    const native = this.#usable;
    const { lr: givenLr, headLr: givenHeadLr = givenLr } = readOptions('options', options, ['lr', 'headLr']);
    // That of a schedule too: its gamma may be above one. Found out by libtorch, momentum would be changed and weights not.
    const lr = number('lr', givenLr === undefined ? this.lr : givenLr, FACTOR);
    const headLr = number('headLr', givenHeadLr === undefined ? this.headLr : givenHeadLr, FACTOR);
    const { batch, size } = readImages(images, this.model.inputSizes);
    const indices = readLabels(labels, size.images, this.model.numClasses);
    assertWeight(indices, this.config);
    const microBatches = Math.min(this.config.gradientAccumulationSteps, size.images);
    const result = await this.#calls.run({ ...size, signal: undefined }, () => {
      // Not for a step that the queue refuses.
      if (!this.model.training) this.model.train();
      return native.step({ ...batch, labels: indices, lr, headLr, microBatches });
    });
    const gradNorm = this.config.maxGradNorm === null ? null : result.gradNorm;
    return { ...toBatchResult(result, this.model.auxLogits), lr, gradNorm };
  }

  /**
   * Losses, correct images and predictions of a batch in evaluation mode, without training.
   * @param options `ema`: of the EMA weights, where the trainer has `emaDecay`. Default false.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `INVALID_LABEL`, `DISPOSED`, `OVERLOADED`
   */
  async evaluate(images: Images, labels: Labels, options: { ema?: boolean } = {}): Promise<BatchEvaluation> {
    const native = this.#usable;
    const ema = boolean('ema', readOptions('options', options, ['ema']).ema ?? false);
    const { batch, size } = readImages(images, this.model.inputSizes);
    const indices = readLabels(labels, size.images, this.model.numClasses);
    const result = await this.#calls.run({ ...size, signal: undefined }, () =>
      native.evaluate({ ...batch, labels: indices, ema }),
    );
    const { predicted, probabilities, labelProbabilities } = result;
    return {
      ...toBatchResult(result, this.model.auxInEvaluation),
      predicted,
      probabilities,
      labelProbabilities,
    };
  }

  /** Losses, accuracies, metrics of each class, confusion and the worst mistakes over a dataset, in evaluation mode. */
  validate(dataset: Dataset, options: ValidateOptions = {}): Promise<Validation> {
    return validate(this, dataset, options);
  }

  /**
   * Trains for a number of epochs or steps; see {@link FitOptions}. Events come as they happen, the last one with the history of the
   * run, which is also what the generator returns. Leaving the loop early stops the training; another `fit` continues from there.
   * After a run that ended with EMA or best weights, that takes `resume`.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_IMAGE`, `INVALID_CHECKPOINT`, `DIVERGED`, `FILE_ERROR`, …
   */
  async *fit(source: Source, options: FitOptions): AsyncGenerator<FitEvent, FitResult, void> {
    if (this.#isFitting) {
      throw new GoogLeNetError(
        'INVALID_ARGUMENT',
        'This trainer is in the middle of a fit. Wait for its end, or leave its loop.',
      );
    }
    this.#isFitting = true;
    try {
      return yield* trainingLoop(this, source, options);
    } finally {
      this.#isFitting = false;
    }
  }

  /** The gradients of the last step by parameter name. @throws GoogLeNetError `INVALID_ARGUMENT` before the first step. */
  async gradients(): Promise<StateDict> {
    const native = this.#usable;
    return readTensors(native.tensors(), (copy) => native.gradients(copy));
  }

  /** SGD's momentum buffers by parameter name; empty before the first step and without momentum. */
  async momentumBuffers(): Promise<StateDict> {
    const native = this.#usable;
    const [buffers, hasMomentum] = await Promise.all([
      readTensors(native.tensors(), (copy) => native.snapshot(copy)),
      call(() => native.hasMomentum()),
    ]);
    return hasMomentum ? buffers : {};
  }

  /**
   * The weights that validation scores: the EMA weights where the trainer has `emaDecay`, else the model's.
   * @throws GoogLeNetError `DISPOSED`
   */
  async weights(): Promise<StateDict> {
    const groups = await Promise.all(
      this.#weightGroups().map(({ tensors, copy }) => readTensors(tensors, copy)),
    );
    return Object.assign({}, ...groups);
  }

  /**
   * Writes those weights as `GoogLeNet.save` does.
   * @throws GoogLeNetError `FILE_NOT_FOUND` (no such folder), `FILE_ERROR`, `DISPOSED`
   */
  async saveWeights(path: string): Promise<void> {
    const metadata = async () => toMetadata({ model: this.model.describe() });
    await saveFile(readPath('path', path), this.#weightGroups(), metadata);
  }

  /** Copies the EMA weights into the model. @throws GoogLeNetError `INVALID_ARGUMENT` without `emaDecay`, `DISPOSED` */
  async applyEma(): Promise<void> {
    const native = this.#usable;
    await call(() => native.applyEma());
  }

  #weightGroups(): StoredGroup[] {
    const native = this.#usable;
    const model = nativeOf(this.model);
    const all: TensorInfo[] = model.tensors();
    if (this.config.emaDecay === null) {
      return [{ prefix: '', tensors: all, copy: model.snapshot.bind(model) }];
    }
    // Buffers have no EMA.
    const ema = native.tensors();
    const names = new Set(ema.map(({ name }) => name));
    return [
      { prefix: '', tensors: ema, copy: native.snapshotEma.bind(native) },
      { prefix: '', tensors: all.filter(({ name }) => !names.has(name)), copy: model.snapshot.bind(model) },
    ];
  }

  /**
   * Writes everything that resuming needs: weights, momentum, EMA weights, random state, training state, settings and class names, in one
   * safetensors file that appears whole or not at all. `GoogLeNet.load` reads it too.
   * @param options `score`: what validation gave these weights, the higher the better, for whoever keeps the best ones.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `DISPOSED`
   */
  async saveCheckpoint(path: string, options: { score?: number | null } = {}): Promise<void> {
    const { score = null } = readOptions('options', options, ['score']) as { score?: number | null };
    await saveCheckpoint(path, this, this.#usable, score);
  }

  /**
   * Restores weights, momentum, EMA weights, random state and training state, so that training resumes as if it had not been interrupted.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `INVALID_CHECKPOINT`, `WEIGHTS_MISMATCH`
   */
  async loadCheckpoint(path: string): Promise<void> {
    const { state, bestWeights } = await loadCheckpoint(path, this, this.#usable);
    this.state = state;
    this.bestWeights = bestWeights;
    this.checkpointDir = dirname(resolve(path));
    this.isFinished = false;
  }

  /** Frees the optimiser's memory; the model stays. Calling it again does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
