/** What the server of a run tells its pages. Types only: the page's modules share them. */
import type { ValidationRecord } from '../run/records/validation-record.js';

/** Numbers in the order of a table's columns. */
export type Row = (number | null)[];

export interface Table {
  columns: readonly string[];
  /** Means of neighbours where there were too many to show each. */
  rows: readonly Row[];
  /** The mean of those after the last row, which are not yet enough for one. */
  open: Row | null;
}

export interface Status {
  state: 'running' | 'completed' | 'interrupted' | 'failed';
  /** Why, where there is more to say. */
  message: string | null;
}

/** Where a training is within its epoch, which no record says. */
export interface ProgressNote {
  type: 'progress';
  phase: 'training' | 'validation';
  /** Images of this phase. */
  done: number;
  total: number;
  /** Of the whole run. */
  secondsLeft: number | null;
}

export interface Progress {
  phase: 'training' | 'validation';
  /** The epoch under way, counted from 1; 0 before the first step. */
  epoch: number;
  epochs: number | null;
  /** Completed steps of the whole run. */
  step: number;
  stepsPerEpoch: number | null;
  /** Images of the phase under way. */
  done: number | null;
  total: number | null;
  /** Of all steps of the run, in [0, 1]. */
  fraction: number | null;
  secondsLeft: number | null;
  /** Smoothed. */
  imagesPerSecond: number | null;
  /** Seconds since 1970 of the first and the last record. */
  startedAt: number | null;
  updatedAt: number | null;
}

/** What changes with every step. */
export interface Pulse {
  status: Status;
  progress: Progress;
  /** The last step by itself. */
  latestStep: Row | null;
  /** What keeps the server from reading the run's files. */
  problem: string | null;
}

/** Event `snapshot`: everything but the images. */
export interface Snapshot extends Pulse {
  /** The folder's name. */
  name: string;
  /** What settings.json says. */
  settings: Record<string, unknown> | null;
  steps: Table;
  epochs: Table;
}

/** Rows for the end of a table: they begin at position `start`, where the table may have some of them already. */
export interface Growth {
  start: number;
  rows: Row[];
  open: Row | null;
}

/** Event `update`: what is new since the one before. */
export interface Update extends Pulse {
  steps: Growth;
  epochs: Growth;
}

/** Event `validation`. */
export interface Validation extends Omit<ValidationRecord, 'confusion'> {
  /** `confusion[label][predicted]` images; null where there are too many classes to show. */
  confusion: number[][] | null;
}
