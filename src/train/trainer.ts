import type { Dataset } from '../data/dataset.js';
import { GoogLeNetError } from '../errors.js';
import { readImages, readLabels } from '../images.js';
import { type GoogLeNet, nativeOf } from '../model.js';
import { call, callSync } from '../native/call.js';
import type { NativeLosses, NativeTrainer } from '../native/contract.js';
import { loadAddon } from '../native/load.js';
import type { Images } from '../tensor.js';
import { integer } from '../validate.js';
import { readTensors, type StateDict } from '../weights.js';
import { loadCheckpoint, type Progress, START, saveCheckpoint } from './checkpoint.js';
import { readTrainerConfig, type TrainerConfig, type TrainerOptions } from './config.js';
import { type FitEvent, type FitOptions, trainingLoop } from './fit.js';
import { lrAt, MAX_EPOCH } from './schedule.js';
import { type Scores, type ValidateOptions, validate } from './scores.js';

/** Losses and hits of one batch. */
export interface BatchResult {
  /** mainLoss + auxWeight · aux1Loss + auxWeight · aux2Loss */
  loss: number;
  mainLoss: number;
  /** `null` in a model without auxiliary heads. */
  aux1Loss: number | null;
  aux2Loss: number | null;
  /** Pictures whose label has the highest main logit. */
  correct: number;
  /** Pictures whose label is among the five highest main logits. */
  correctTop5: number;
}

export interface StepResult extends BatchResult {
  /** The learning rate of this step. */
  lr: number;
}

export type Labels = Int32Array | BigInt64Array | readonly number[];

function toBatchResult({ aux1Loss, aux2Loss, ...rest }: NativeLosses, hasAux: boolean): BatchResult {
  return { ...rest, aux1Loss: hasAux ? aux1Loss : null, aux2Loss: hasAux ? aux2Loss : null };
}

/**
 * Trains a model: cross entropy of the main head plus `auxWeight` times that of each auxiliary head, SGD with momentum, step decay
 * of the learning rate. Steps run on the model's own thread in the order of the calls; in fp32 on the CPU they are bit-equal to
 * PyTorch's.
 */
export class Trainer {
  readonly model: GoogLeNet;
  readonly config: TrainerConfig;
  /** Where `fit` goes on. Set by `fit` and by `loadCheckpoint`. */
  progress: Progress = START;
  readonly #native: NativeTrainer;
  #isFitting = false;
  #disposed = false;

  /** @throws GoogLeNetError `INVALID_ARGUMENT`, `DISPOSED` */
  constructor(model: GoogLeNet, options: TrainerOptions = {}) {
    this.config = readTrainerConfig(options);
    const native = nativeOf(model);
    const { momentum, dampening, weightDecay, nesterov } = this.config.optimizer;
    const { auxWeight } = this.config;
    const sgd = { momentum, dampening, weightDecay, nesterov, auxWeight };
    this.model = model;
    this.#native = callSync(() => new (loadAddon().Trainer)({ model: native, ...sgd }));
  }

  get #usable(): NativeTrainer {
    if (this.#disposed) throw new GoogLeNetError('DISPOSED', 'This Trainer was disposed. Create a new one.');
    nativeOf(this.model);
    return this.#native;
  }

  /** Epoch of the schedule, counted from 0; `fit` advances it, a loop of one's own sets it. */
  get epoch(): number {
    return this.progress.epoch;
  }

  set epoch(epoch: number) {
    this.progress = {
      ...START,
      epoch: integer('epoch', epoch, 0, MAX_EPOCH),
      globalStep: this.progress.globalStep,
    };
  }

  /** The learning rate of the current epoch. */
  get lr(): number {
    return lrAt(this.epoch, this.config.optimizer.lr, this.config.schedule);
  }

  /**
   * One optimiser step in training mode. The arrays may be reused at once. A step that fails for lack of memory while it changes
   * the weights leaves some of them changed: go on from a checkpoint, with a smaller batch.
   * @param images as for `GoogLeNet.forward`.
   * @param labels one class index for each picture.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `INVALID_LABEL`, `DISPOSED`, `OUT_OF_MEMORY`
   */
  async step(images: Images, labels: Labels): Promise<StepResult> {
    const native = this.#usable;
    const { count, ...batch } = readImages(images);
    const indices = readLabels(labels, count, this.model.numClasses);
    const { lr } = this;
    if (!this.model.training) this.model.train();
    const result = await call(() => native.step({ ...batch, labels: indices, lr }));
    return { ...toBatchResult(result, this.model.auxLogits), lr };
  }

  /**
   * Losses and hits of a batch in evaluation mode, without training.
   * @throws GoogLeNetError `INVALID_SHAPE`, `INVALID_DTYPE`, `INVALID_LABEL`, `DISPOSED`
   */
  async evaluate(images: Images, labels: Labels): Promise<BatchResult> {
    const native = this.#usable;
    const { count, ...batch } = readImages(images);
    const indices = readLabels(labels, count, this.model.numClasses);
    const result = await call(() => native.evaluate({ ...batch, labels: indices }));
    return toBatchResult(result, this.model.auxLogits);
  }

  /** Mean loss and accuracy over a dataset, in evaluation mode. */
  validate(dataset: Dataset, options: ValidateOptions = {}): Promise<Scores> {
    return validate(this, dataset, options);
  }

  /**
   * Trains for a number of epochs; see {@link FitOptions}. Events come as they happen; leaving the loop early stops the training.
   * @throws GoogLeNetError `INVALID_ARGUMENT`, `INVALID_IMAGE`, `INVALID_CHECKPOINT`, `DIVERGED`, `FILE_ERROR`, …
   */
  async *fit(dataset: Dataset, options: FitOptions): AsyncGenerator<FitEvent, void, void> {
    if (this.#isFitting) {
      throw new GoogLeNetError(
        'INVALID_ARGUMENT',
        'This trainer is in the middle of a fit. Wait for its end, or leave its loop.',
      );
    }
    this.#isFitting = true;
    try {
      yield* trainingLoop(this, dataset, options);
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
   * Writes everything that is needed to go on: weights, momentum, random state, position, settings and class names, in one
   * safetensors file that appears whole or not at all. `GoogLeNet.load` reads it too.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `DISPOSED`
   */
  async saveCheckpoint(path: string): Promise<void> {
    await saveCheckpoint(path, this, this.#usable);
  }

  /**
   * Puts weights, momentum, random state and position back, so that training goes on as if it had not been interrupted.
   * @throws GoogLeNetError `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, `INVALID_CHECKPOINT`, `WEIGHTS_MISMATCH`
   */
  async loadCheckpoint(path: string): Promise<void> {
    this.progress = await loadCheckpoint(path, this.model, this.#usable);
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
