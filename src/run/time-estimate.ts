import type { StepEvent } from '../train/fit-events.js';
import type { RunStart } from '../train/logger.js';
import type { ValidationEvent } from '../train/validation.js';

/** What a run is made of. */
export interface RunShape {
  /** Of the whole run; null for a stream that does not say how long an epoch is. */
  epochs: number | null;
  /** The epoch that the run starts or resumes in, counted from 1. */
  epoch: number;
  /** Images of an epoch; null for such a stream. */
  trainImages: number | null;
  validationImages: number;
}

function shapeOf({ settings, trainer, validation, images, stepsPerEpoch }: RunStart): RunShape {
  const { epochs, steps } = settings as { epochs: number | null; steps: number | null };
  const ofSteps = steps === null || stepsPerEpoch === null ? null : Math.ceil(steps / stepsPerEpoch);
  return {
    epochs: epochs ?? ofSteps,
    epoch: trainer.state.epoch + 1,
    trainImages: images,
    validationImages: validation?.length ?? 0,
  };
}

/** Until the first validation is over: it has no backward pass, which takes about two thirds of a step. */
const VALIDATION_SHARE = 1 / 3;

/** Weight of the newest step in the mean that the time left is computed from. */
const SMOOTHING = 0.1;

/** How long a run still takes. */
export class TimeEstimate {
  readonly shape: RunShape;
  readonly #clock: () => number;
  /** Counted from 1. */
  epoch: number;
  #secondsPerImage: number | null = null;
  #secondsPerValidationImage: number | null = null;
  /** The epoch's images that are trained on, and those validated on. */
  #trained = 0;
  #validated = 0;
  #lastMs: number;

  /** @param clock in milliseconds. */
  constructor(run: RunStart | RunShape, clock: () => number = () => performance.now()) {
    this.shape = 'trainer' in run ? shapeOf(run) : run;
    this.#clock = clock;
    this.epoch = this.shape.epoch;
    this.#lastMs = clock();
  }

  /** @param trained images of the epoch so far. */
  step({ epoch, imagesPerSecond }: StepEvent, trained: number): void {
    this.epoch = epoch;
    this.#trained = trained;
    this.#validated = 0;
    this.#secondsPerImage = smooth(this.#secondsPerImage, 1 / imagesPerSecond);
    this.#lastMs = this.#clock();
  }

  validated({ done }: Pick<ValidationEvent, 'done'>): void {
    const now = this.#clock();
    const seconds = (now - this.#lastMs) / 1000 / (done - this.#validated);
    this.#secondsPerValidationImage = smooth(this.#secondsPerValidationImage, seconds);
    this.#lastMs = now;
    this.#validated = done;
  }

  /** Smoothed; 0 before the first step. */
  get imagesPerSecond(): number {
    return this.#secondsPerImage === null ? 0 : 1 / this.#secondsPerImage;
  }

  /** Of the whole run; null where nobody knows how long that is. */
  get secondsLeft(): number | null {
    const { epochs, trainImages, validationImages } = this.shape;
    if (epochs === null || trainImages === null) return null;
    const perImage = this.#secondsPerImage ?? 0;
    const perValidation = this.#secondsPerValidationImage ?? perImage * VALIDATION_SHARE;
    const epochsLeft = Math.max(0, epochs - this.epoch);
    const training = trainImages * epochsLeft + (trainImages - this.#trained);
    const validating = validationImages * epochsLeft + (validationImages - this.#validated);
    return training * perImage + validating * perValidation;
  }
}

const smooth = (mean: number | null, value: number): number =>
  mean === null ? value : mean + SMOOTHING * (value - mean);
