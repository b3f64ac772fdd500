import type { EpochRecord, StepRecord } from '../run/records/records.js';
import type { Progress, ProgressNote } from './protocol.js';

/** What settings.json says of a run's length. */
interface RunLength {
  epochs: number | null;
  stepsPerEpoch: number | null;
}

/** Weight of the newest step in the mean speed. */
const SMOOTHING = 0.1;

/** How far a run is and how long it still takes, from its records. */
export class ProgressMeter {
  #length: RunLength = { epochs: null, stepsPerEpoch: null };
  #step: StepRecord | null = null;
  #epoch: EpochRecord | null = null;
  #note: ProgressNote | null = null;
  #startedAt: number | null = null;
  #updatedAt: number | null = null;
  #imagesPerSecond: number | null = null;
  #secondsPerStep: number | null = null;
  /** Seconds of validation for each second of training. */
  #validationShare = 0;

  /** @param settings what settings.json holds, of which any part may be missing. */
  configure(settings: Record<string, unknown> | null): void {
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
    // Records of two epochs have a validation between them, and those of two processes a pause.
    if (before?.epoch === record.epoch && before.step === step - 1 && time >= before.time) {
      this.#secondsPerStep = smooth(this.#secondsPerStep, time - before.time);
    }
    this.#step = record;
    if (this.#note?.phase === 'validation') this.#note = null;
  }

  epoch(record: EpochRecord): void {
    this.#touch(record.time);
    if (this.#step && record.validation && record.seconds > 0) {
      this.#validationShare = Math.max(0, record.time - this.#step.time) / record.seconds;
    }
    this.#epoch = record;
    this.#note = null;
  }

  note(note: ProgressNote): void {
    this.#note = note;
  }

  get value(): Progress {
    const { epochs } = this.#length;
    const step = Math.max(this.#step?.step ?? 0, this.#epoch?.step ?? 0);
    const stepsPerEpoch = this.#stepsPerEpoch();
    const steps = epochs === null || stepsPerEpoch === null ? null : epochs * stepsPerEpoch;
    return {
      phase: this.#note?.phase ?? (this.#isBetweenEpochs(step, stepsPerEpoch) ? 'validation' : 'training'),
      epoch: Math.max(this.#step?.epoch ?? 0, this.#epoch?.epoch ?? 0),
      epochs,
      step,
      stepsPerEpoch,
      done: this.#note?.done ?? null,
      total: this.#note?.total ?? null,
      fraction: steps === null ? null : Math.min(1, step / steps),
      secondsLeft: this.#note?.secondsLeft ?? this.#secondsLeft(steps === null ? null : steps - step),
      imagesPerSecond: this.#imagesPerSecond,
      startedAt: this.#startedAt,
      updatedAt: this.#updatedAt,
    };
  }

  /** An epoch that was resumed in its middle still ends at a multiple; what was recorded is surer than what was planned. */
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
