import { dirname, resolve } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import type { Images } from '../core/tensor.js';
import { boolean, integer, number, readOptions, path as readPath } from '../core/validation.js';
import type { Dataset } from '../data/dataset.js';
import { readImages, readLabels } from '../inference/image-batch.js';
import type { BatchEvaluation } from '../inference/metrics.js';
import { type ImageClassifier, nativeOf } from '../models/image-classifier.js';
import { toMetadata } from '../models/stored-architecture.js';
import type { NativeTrainer } from '../native/binding-types.js';
import { call, callSync } from '../native/call.js';
import { CallQueue, type Pending } from '../native/call-queue.js';
import { loadAddon } from '../native/load.js';
import { readTensors } from '../weights/layout.js';
import { saveFile } from '../weights/save.js';
import type { StateDict } from '../weights/state-dict.js';
import { type Labels, type StepResult, toBatchResult } from './batch-result.js';
import { type OpenCheckpoint, saveCheckpoint, withCheckpoint } from './checkpoint.js';
import { FACTOR, readTrainerConfig, type TrainerConfig, type TrainerOptions } from './config.js';
import type { TrainingSource } from './datasets.js';
import { fit } from './fit.js';
import type { FitEvent, FitResult } from './fit-events.js';
import type { FitOptions } from './fit-options.js';
import { FitRun } from './fit-run.js';
import { nativeOptions, scoredWeights } from './native-options.js';
import { lrAt, MAX_EPOCH } from './schedule.js';
import { initialState, type TrainState } from './train-state.js';
import { type ValidateOptions, type Validation, validate } from './validation.js';

/** The one that computes, and the one that waits to be computed next, so that the threads never wait for the program. */
const STEPS_ALWAYS_TAKEN = 2;

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
    const settings = nativeOptions(model, this.config);
    this.model = model;
    this.#calls = new CallQueue(model.maxQueue, STEPS_ALWAYS_TAKEN);
    this.#native = callSync(() => new (loadAddon().Trainer)(settings));
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
   * One optimizer step in training mode. The arrays may be reused at once. A step that fails for lack of memory leaves
   * every parameter as it was.
   * @param images as for `GoogLeNet.forward`.
   * @param labels one class index for each image.
   * @param options `lr`: another learning rate than the schedule's, also for the classifiers without `headLr`.
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
   * Losses, correct predictions and probabilities of a batch in evaluation mode, without training.
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
   * Trains for a number of epochs or steps; see {@link FitOptions}. `await trainer.fit(…)` gives the result; `for await (const event of
   * trainer.fit(…))` has the events as they happen, the last one with the history of the run. Leaving the loop early stops the training;
   * another `fit` continues from there. After a run that ended with EMA or best weights, that takes `resume`.
   * @throws GoogLeNetError (when it is awaited or iterated) `INVALID_ARGUMENT`, `INVALID_IMAGE`, `INVALID_CHECKPOINT`, `DIVERGED`,
   * `FILE_ERROR`, `LOGGER_FAILED`, …
   */
  fit(source: TrainingSource, options: FitOptions): FitRun {
    return new FitRun(this.#fit(source, options));
  }

  async *#fit(source: TrainingSource, options: FitOptions): AsyncGenerator<FitEvent, FitResult, void> {
    if (this.#isFitting) {
      throw new GoogLeNetError(
        'INVALID_ARGUMENT',
        'This trainer is in the middle of a fit. Wait for its end, or leave its loop.',
      );
    }
    this.#isFitting = true;
    try {
      return yield* fit(this, source, options);
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
    const groups = scoredWeights(this.model, this.#usable, this.config);
    const read = await Promise.all(groups.map(({ tensors, copy }) => readTensors(tensors, copy)));
    return Object.assign({}, ...read);
  }

  /**
   * Writes those weights as `GoogLeNet.save` does.
   * @throws GoogLeNetError `FILE_NOT_FOUND` (no such folder), `FILE_ERROR`, `DISPOSED`
   */
  async saveWeights(path: string): Promise<void> {
    const metadata = async () => toMetadata({ model: this.model.describe() });
    const groups = scoredWeights(this.model, this.#usable, this.config);
    await saveFile(readPath('path', path), groups, metadata);
  }

  /** Copies the EMA weights into the model. @throws GoogLeNetError `INVALID_ARGUMENT` without `emaDecay`, `DISPOSED` */
  async applyEma(): Promise<void> {
    const native = this.#usable;
    await call(() => native.applyEma());
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
    void this.#usable;
    await withCheckpoint(path, (checkpoint) => this.restore(checkpoint));
  }

  /**
   * The same from a checkpoint that is open already, and stays open.
   * @internal
   */
  async restore(checkpoint: OpenCheckpoint): Promise<void> {
    const { state, bestWeights } = await checkpoint.restore(this, this.#usable);
    this.state = state;
    this.bestWeights = bestWeights;
    this.checkpointDir = dirname(resolve(checkpoint.path));
    this.isFinished = false;
  }

  /** Frees the optimizer's memory; the model stays. Calling it again does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
