/** The events of a run as progress on the screen. */

import { formatDuration, formatPercent } from '../../core/format.js';
import type { ProgressDisplay } from '../../core/progress.js';
import type { Metrics } from '../../inference/metrics.js';
import type { EpochEvent, StepEvent } from '../../train/fit.js';

export interface RunShape {
  epochs: number;
  /** The epoch that the run begins or goes on with, counted from 1. */
  epoch: number;
  trainImages: number;
  validationImages: number;
}

/** Until the first validation is over: it has no backward pass, which takes about two thirds of a step. */
const VALIDATION_SHARE = 1 / 3;

/** Weight of the newest step in the mean that the time left is reckoned with. */
const SMOOTHING = 0.1;

const scoreTexts = ({ loss, top1 }: Metrics): string[] => [
  `loss ${loss.toFixed(4)}`,
  `top-1 ${formatPercent(top1)}`,
];

const formatScores = (scores: Metrics): string => scoreTexts(scores).join('  ');

export class TrainingView {
  readonly #display: ProgressDisplay;
  readonly #shape: RunShape;
  readonly #clock: () => number;
  #epoch: number;
  #secondsPerImage: number | null = null;
  #secondsPerValidationImage: number | null = null;
  /** The epoch's images that are trained on, and those validated on. */
  #trained = 0;
  #validated = 0;
  #lastMs: number;

  constructor(display: ProgressDisplay, shape: RunShape, clock: () => number = () => performance.now()) {
    this.#display = display;
    this.#shape = shape;
    this.#clock = clock;
    this.#epoch = shape.epoch;
    this.#lastMs = clock();
  }

  /** @param soFar means over the epoch's steps so far. */
  step(event: StepEvent, soFar: Metrics, trained: number): void {
    const { trainImages } = this.#shape;
    this.#epoch = event.epoch;
    this.#trained = trained;
    this.#validated = 0;
    this.#secondsPerImage = smooth(this.#secondsPerImage, 1 / event.imagesPerSecond);
    this.#lastMs = this.#clock();
    const speed = `${(1 / this.#secondsPerImage).toFixed(1)} images/s`;
    this.#display.update({
      label: this.#label(''),
      done: trained,
      total: trainImages,
      details: [...scoreTexts(soFar), speed],
      timeLeft: this.#timeLeft(),
    });
  }

  /** @param done images scored so far, of `total`. */
  validated(done: number, total: number): void {
    const now = this.#clock();
    const seconds = (now - this.#lastMs) / 1000 / (done - this.#validated);
    this.#secondsPerValidationImage = smooth(this.#secondsPerValidationImage, seconds);
    this.#lastMs = now;
    this.#validated = done;
    this.#display.update({
      label: this.#label(' validation'),
      done: this.#validated,
      total,
      details: [],
      timeLeft: this.#timeLeft(),
    });
  }

  epoch(event: EpochEvent): void {
    const { train, validation, seconds } = event;
    const parts = [`train ${formatScores(train)}`];
    if (validation) parts.push(`validation ${formatScores(validation)}`);
    parts.push(`lr ${event.lr.toPrecision(4)}`, formatDuration(seconds));
    this.#display.line(`epoch ${event.epoch}/${this.#shape.epochs}  ${parts.join('   ')}`);
  }

  #label(what: string): string {
    return `epoch ${this.#epoch}/${this.#shape.epochs}${what}`;
  }

  #timeLeft(): string {
    return `${formatDuration(this.secondsLeft)} left`;
  }

  /** Of the whole run. */
  get secondsLeft(): number {
    const { epochs, trainImages, validationImages } = this.#shape;
    const perImage = this.#secondsPerImage ?? 0;
    const perValidation = this.#secondsPerValidationImage ?? perImage * VALIDATION_SHARE;
    const epochsLeft = Math.max(0, epochs - this.#epoch);
    const training = trainImages * epochsLeft + (trainImages - this.#trained);
    const validating = validationImages * epochsLeft + (validationImages - this.#validated);
    return training * perImage + validating * perValidation;
  }
}

const smooth = (mean: number | null, value: number): number =>
  mean === null ? value : mean + SMOOTHING * (value - mean);
