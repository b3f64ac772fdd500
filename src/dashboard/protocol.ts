/** The messages of the server to its pages. Types only: the modules of the page import them. */
import type { ClassMetrics, ConfusedPair } from '../run/records/confusion-metrics.js';
import type { ValidationRecord } from '../run/records/validation-record.js';

/** Numbers in the order of a table's columns. */
export type Row = (number | null)[];

export interface Table {
  columns: readonly string[];
  /** Means of neighboring values where there are too many to show each. */
  rows: readonly Row[];
  /** The mean of the values after the last row, which are too few for a row. */
  open: Row | null;
}

export interface Status {
  state: 'running' | 'completed' | 'interrupted' | 'failed';
  /** Why, if there is more to say. */
  message: string | null;
}

/** Progress within the training or the validation of an epoch, which no record holds. */
export interface PhaseProgress {
  type: 'progress';
  phase: 'training' | 'validation';
  /** Processed images of this phase. */
  done: number;
  total: number;
  /** Of the whole run. */
  secondsLeft: number | null;
}

export interface RunProgress {
  phase: 'training' | 'validation';
  /** The current epoch, counted from 1; 0 before the first step. */
  epoch: number;
  epochs: number | null;
  /** Completed steps of the whole run. */
  step: number;
  stepsPerEpoch: number | null;
  /** Processed images of the current phase. */
  done: number | null;
  total: number | null;
  /** Of all steps of the run, in [0, 1]. */
  fraction: number | null;
  secondsLeft: number | null;
  /** Moving average. */
  imagesPerSecond: number | null;
  /** Seconds since 1970 of the first and the last record. */
  startedAt: number | null;
  updatedAt: number | null;
}

/** What changes with every step. */
export interface LiveStatus {
  status: Status;
  progress: RunProgress;
  /** The latest step, not averaged. */
  latestStep: Row | null;
  /** Why the server cannot read the files of the run. */
  problem: string | null;
}

/** Event `snapshot`: everything but the images. */
export interface Snapshot extends LiveStatus {
  /** The folder's name. */
  name: string;
  /** The content of settings.json. */
  settings: Record<string, unknown> | null;
  steps: Table;
  epochs: Table;
}

/** New rows of a table from position `start` on; a page may already have some of them. */
export interface TableDelta {
  start: number;
  rows: Row[];
  open: Row | null;
}

/** Event `update`: the changes since the previous update. */
export interface Update extends LiveStatus {
  steps: TableDelta;
  epochs: TableDelta;
}

/** Event `validation`. */
export interface Validation extends Omit<ValidationRecord, 'confusion'> {
  /** `confusion[label][predicted]` images; null where there are too many classes to show. */
  confusion: number[][] | null;
  /** The pairs of classes with the most confused images first; some of them. */
  confusedPairs: ConfusedPair[];
  /** The classes with the lowest F1 first; some of them where there are many. */
  classMetrics: ClassMetrics[];
}
