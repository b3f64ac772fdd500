import type { EpochRecord, StepRecord } from '../run/records/records.js';
import type { PhaseProgress, RunProgress } from './protocol.js';

/** The length of a run, as settings.json has it. */
interface RunLength {
  epochs: number | null;
  stepsPerEpoch: number | null;
}

/** Weight of the latest step in the moving averages. */
const SMOOTHING = 0.1;

/** Computes from its records how far a run is and how long it still takes. */
export class ProgressMeter {
  #length: RunLength = { epochs: null, stepsPerEpoch: null };
  #step: StepRecord | null = null;
  #epoch: EpochRecord | null = null;
  #phase: PhaseProgress | null = null;
  #startedAt: number | null = null;
  #updatedAt: number | null = null;
  #imagesPerSecond: number | null = null;
  #secondsPerStep: number | null = null;
  /** Seconds of validation for each second of training. */
  #validationShare = 0;

  /** @param settings the content of settings.json, in which any part may be missing. */
  setSettings(settings: Record<string, unknown> | null): void {
    const values = asObject(settings?.settings);
    const [epochs, batchSize] = [count(values.epochs), count(values.batchSize)];
    const images = count(asObject(settings?.train).images);
    const stepsPerEpoch = images === null || batchSize === null ? null : Math.ceil(images / batchSize);
    this.#length = { epochs, stepsPerEpoch };
  }

  step(record: StepRecord): void {
    const { step, time, imagesPerSecond } = record;
    this.#touch(time);
    if (imagesPerSecond !== null) this.#imagesPerSecond = smooth(this.#imagesPerSecond, imagesPerSecond);
    const before = this.#step;
    // Between records of two epochs there is a validation, and between records of two processes a pause.
    if (before?.epoch === record.epoch && before.step === step - 1 && time >= before.time) {
      this.#secondsPerStep = smooth(this.#secondsPerStep, time - before.time);
    }
    this.#step = record;
    if (this.#phase?.phase === 'validation') this.#phase = null;
  }

  epoch(record: EpochRecord): void {
    this.#touch(record.time);
    if (this.#step && record.validation && record.seconds > 0) {
      this.#validationShare = Math.max(0, record.time - this.#step.time) / record.seconds;
    }
    this.#epoch = record;
    this.#phase = null;
  }

  setPhaseProgress(progress: PhaseProgress): void {
    this.#phase = progress;
  }

  get value(): RunProgress {
    const { epochs } = this.#length;
    const step = Math.max(this.#step?.step ?? 0, this.#epoch?.step ?? 0);
    const stepsPerEpoch = this.#stepsPerEpoch();
    const steps = epochs === null || stepsPerEpoch === null ? null : epochs * stepsPerEpoch;
    return {
      phase: this.#phase?.phase ?? (this.#isBetweenEpochs(step, stepsPerEpoch) ? 'validation' : 'training'),
      epoch: Math.max(this.#step?.epoch ?? 0, this.#epoch?.epoch ?? 0),
      epochs,
      step,
      stepsPerEpoch,
      done: this.#phase?.done ?? null,
      total: this.#phase?.total ?? null,
      fraction: steps === null ? null : Math.min(1, step / steps),
      secondsLeft: this.#phase?.secondsLeft ?? this.#secondsLeft(steps === null ? null : steps - step),
      imagesPerSecond: this.#imagesPerSecond,
      startedAt: this.#startedAt,
      updatedAt: this.#updatedAt,
    };
  }

  /** Recorded epochs are more reliable than the settings. A resumed epoch still ends at a multiple of the steps per epoch. */
  #stepsPerEpoch(): number | null {
    if (this.#epoch) return this.#epoch.step / this.#epoch.epoch;
    return this.#length.stepsPerEpoch;
  }

  #isBetweenEpochs(step: number, stepsPerEpoch: number | null): boolean {
    const isEnd = step > 0 && stepsPerEpoch !== null && step % stepsPerEpoch === 0;
    return isEnd && this.#epoch?.step !== step;
  }

  #secondsLeft(steps: number | null): number | null {
    if (steps === null || this.#secondsPerStep === null) return null;
    return Math.max(0, steps) * this.#secondsPerStep * (1 + this.#validationShare);
  }

  #touch(time: number): void {
    this.#startedAt ??= time;
    this.#updatedAt = time;
  }
}

const smooth = (mean: number | null, value: number): number =>
  mean === null ? value : mean + SMOOTHING * (value - mean);

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const count = (value: unknown): number | null =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : null;
