import { confusedPairs, confusionMetrics } from '../run/records/confusion-metrics.js';
import { EPOCH_METRICS, type EpochRecord, type RunRecord, type StepRecord } from '../run/records/records.js';
import type { ValidationRecord } from '../run/records/validation-record.js';
import { ProgressMeter } from './progress-meter.js';
import type {
  LiveStatus,
  PhaseProgress,
  Row,
  RunProgress,
  Snapshot,
  Status,
  Update,
  Validation,
} from './protocol.js';
import { Series } from './series.js';

/** A page shows no more points on a thousand pixels. */
const MAX_STEP_ROWS = 2000;
const MAX_EPOCH_ROWS = 1000;
/** A larger matrix is not readable on the page. */
const MAX_CONFUSION_CLASSES = 30;

/** Rows of the tables below it. */
const MAX_PAIRS = 10;
const MAX_CLASS_METRICS = 30;

const STEP_COLUMNS = [
  ...['step', 'epoch', 'lr', 'loss', 'mainLoss', 'aux1Loss', 'aux2Loss'],
  ...['top1', 'aux1Top1', 'aux2Top1', 'gradNorm', 'imagesPerSecond'],
] as (keyof StepRecord)[];

const EPOCH_COLUMNS = [
  ...['step', 'epoch', 'lr', 'skipped', 'imagesPerSecond', 'seconds'],
  ...EPOCH_METRICS.map((metric) => `train.${metric}`),
  ...EPOCH_METRICS.map((metric) => `validation.${metric}`),
];

/** Everything that pages show of a run. Its size does not depend on the length of the run. */
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

  /** @param name of the run, the title of the page. */
  constructor(name: string) {
    this.#name = name;
  }

  apply(record: RunRecord): void {
    const fits = record.type === 'step' ? this.#addStep(record) : this.#addEpoch(record);
    if (!fits) this.#needsSnapshot = true;
  }

  setPhaseProgress(progress: PhaseProgress): void {
    this.#meter.setPhaseProgress(progress);
  }

  setSettings(settings: Record<string, unknown> | null): void {
    this.#settings = settings;
    this.#meter.setSettings(settings);
    this.#needsSnapshot = true;
  }

  get progress(): RunProgress {
    return this.#meter.value;
  }

  /** True where the records hold all epochs. */
  get isComplete(): boolean {
    const { fraction, phase } = this.progress;
    return fraction === 1 && phase === 'training';
  }

  /** True for a folder without a run. */
  get isEmpty(): boolean {
    return this.#settings === null && this.progress.startedAt === null;
  }

  get validation(): Validation | null {
    return this.#validation;
  }

  setValidation(record: ValidationRecord): void {
    const { epoch, step, classes, confusion, mistakes, samples } = record;
    const shown = classes.length <= MAX_CONFUSION_CLASSES ? confusion : null;
    this.#validation = {
      ...{ epoch, step, classes, confusion: shown, mistakes, samples },
      confusedPairs: confusedPairs(record, MAX_PAIRS),
      classMetrics: confusionMetrics(record).classes.slice(0, MAX_CLASS_METRICS),
    };
  }

  /** Removes all records: they are about to follow again. */
  clearRecords(): void {
    this.#steps.clear();
    this.#epochs.clear();
    this.#meter = new ProgressMeter();
    this.#meter.setSettings(this.#settings);
    this.#latestStep = null;
    this.#needsSnapshot = true;
  }

  snapshot(): Snapshot {
    return {
      name: this.#name,
      settings: this.#settings,
      steps: this.#steps.table(),
      epochs: this.#epochs.table(),
      ...this.#liveStatus(),
    };
  }

  /** The changes since the last call; null where pages need a snapshot. */
  update(): Update | null {
    const update = {
      steps: this.#steps.takeDelta(),
      epochs: this.#epochs.takeDelta(),
      ...this.#liveStatus(),
    };
    const fits = !this.#needsSnapshot;
    this.#needsSnapshot = false;
    return fits ? update : null;
  }

  #liveStatus(): LiveStatus {
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
      ...EPOCH_METRICS.map((metric) => train[metric]),
      ...EPOCH_METRICS.map((metric) => validation?.[metric] ?? null),
    ]);
  }
}
