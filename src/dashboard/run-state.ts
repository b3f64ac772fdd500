import type { EpochRecord, RunRecord, StepRecord } from '../run/records/records.js';
import type { ValidationRecord } from '../run/records/validation-record.js';
import { ProgressMeter } from './progress.js';
import type { Progress, ProgressNote, Pulse, Row, Snapshot, Status, Update, Validation } from './protocol.js';
import { Series } from './series.js';

/** A page a thousand pixels wide shows no more. */
const MAX_STEP_ROWS = 2000;
const MAX_EPOCH_ROWS = 1000;
/** A larger matrix can no longer be read. */
const MAX_CONFUSION_CLASSES = 30;

const STEP_COLUMNS = [
  ...['step', 'epoch', 'lr', 'loss', 'mainLoss', 'aux1Loss', 'aux2Loss'],
  ...['top1', 'aux1Top1', 'aux2Top1', 'gradNorm', 'imagesPerSecond'],
] as (keyof StepRecord)[];

const SCORES = [
  ...['loss', 'mainLoss', 'aux1Loss', 'aux2Loss', 'top1', 'top5', 'aux1Top1', 'aux2Top1'],
] as (keyof EpochRecord['train'])[];

const EPOCH_COLUMNS = [
  ...['step', 'epoch', 'lr', 'skipped', 'imagesPerSecond', 'seconds'],
  ...SCORES.map((score) => `train.${score}`),
  ...SCORES.map((score) => `validation.${score}`),
];

/** All that pages show of a run. Its size does not depend on how long the run is. */
export class RunState {
  readonly #name: string;
  readonly #steps = new Series(STEP_COLUMNS, MAX_STEP_ROWS);
  readonly #epochs = new Series(EPOCH_COLUMNS, MAX_EPOCH_ROWS);
  #meter = new ProgressMeter();
  #settings: Record<string, unknown> | null = null;
  #validation: Validation | null = null;
  #latestStep: Row | null = null;
  #needsSnapshot = false;
  status: Status = { state: 'running', message: null };
  problem: string | null = null;

  /** @param name of the run, for the page's title. */
  constructor(name: string) {
    this.#name = name;
  }

  apply(record: RunRecord): void {
    const fits = record.type === 'step' ? this.#addStep(record) : this.#addEpoch(record);
    if (!fits) this.#needsSnapshot = true;
  }

  note(note: ProgressNote): void {
    this.#meter.note(note);
  }

  configure(settings: Record<string, unknown> | null): void {
    this.#settings = settings;
    this.#meter.configure(settings);
    this.#needsSnapshot = true;
  }

  get progress(): Progress {
    return this.#meter.value;
  }

  /** True where all epochs have been recorded. */
  get isComplete(): boolean {
    const { fraction, phase } = this.progress;
    return fraction === 1 && phase === 'training';
  }

  /** True where nothing is known of a run. */
  get isEmpty(): boolean {
    return this.#settings === null && this.progress.startedAt === null;
  }

  get validation(): Validation | null {
    return this.#validation;
  }

  validated(record: ValidationRecord): void {
    const { epoch, step, classes, confusion, mistakes, samples } = record;
    const shown = classes.length <= MAX_CONFUSION_CLASSES ? confusion : null;
    this.#validation = { epoch, step, classes, confusion: shown, mistakes, samples };
  }

  /** Forgets the records: they are about to come again. */
  restart(): void {
    this.#steps.clear();
    this.#epochs.clear();
    this.#meter = new ProgressMeter();
    this.#meter.configure(this.#settings);
    this.#latestStep = null;
    this.#needsSnapshot = true;
  }

  snapshot(): Snapshot {
    return {
      name: this.#name,
      settings: this.#settings,
      steps: this.#steps.table(),
      epochs: this.#epochs.table(),
      ...this.#pulse(),
    };
  }

  /** What is new since the last call; null where only a snapshot can say it. */
  update(): Update | null {
    const update = { steps: this.#steps.grow(), epochs: this.#epochs.grow(), ...this.#pulse() };
    const fits = !this.#needsSnapshot;
    this.#needsSnapshot = false;
    return fits ? update : null;
  }

  #pulse(): Pulse {
    const { status, problem } = this;
    return { status, progress: this.progress, latestStep: this.#latestStep, problem };
  }

  #addStep(record: StepRecord): boolean {
    this.#meter.step(record);
    this.#latestStep = STEP_COLUMNS.map((name) => record[name] as number | null);
    return this.#steps.add(this.#latestStep);
  }

  #addEpoch(record: EpochRecord): boolean {
    const { step, epoch, lr, skipped, imagesPerSecond, seconds, train, validation } = record;
    this.#meter.epoch(record);
    return this.#epochs.add([
      ...[step, epoch, lr, skipped, imagesPerSecond, seconds],
      ...SCORES.map((score) => train[score]),
      ...SCORES.map((score) => validation?.[score] ?? null),
    ]);
  }
}
