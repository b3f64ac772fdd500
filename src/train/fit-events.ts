/** What happens in a run, as `fit` tells it. */
import type { StepResult } from './batch-result.js';
import type { EpochSummary } from './train-state.js';
import type { Validation, ValidationEvent } from './validation.js';

export interface StepEvent extends StepResult {
  type: 'step';
  /** Counted from 1. */
  epoch: number;
  /** Of the whole run, counted from 1. */
  step: number;
  /** Steps in an epoch; null for a source that does not know its length. */
  stepsPerEpoch: number | null;
  /** Images in this batch. */
  count: number;
  imagesPerSecond: number;
}

export interface EpochEvent extends EpochSummary {
  type: 'epoch';
  validation: Validation | null;
}

export interface CheckpointEvent {
  type: 'checkpoint';
  path: string;
  /** Completed epochs and steps. */
  epoch: number;
  step: number;
}

export interface WarningEvent {
  type: 'warning';
  /** Tells warnings apart. */
  code: 'UNREADABLE_IMAGE' | 'DAMAGED_CHECKPOINT' | 'CHECKPOINT_STORE';
  message: string;
  /** What it is about: names of images, or a path. */
  names: string[];
}

export interface FitResult {
  /**
   * `aborted`: the signal stopped the run after a whole step; `checkpoint` is where to resume.
   * `stopped-early`: validation got no better; the model has the weights of the best epoch.
   */
  reason: 'completed' | 'aborted' | 'stopped-early';
  /** Completed epochs and steps. */
  epoch: number;
  step: number;
  /** The newest one; where this run has written none, the one it resumed from. */
  checkpoint: string | null;
  /** The latest epochs, at most a thousand, including those before an interruption. */
  history: readonly EpochSummary[];
}

export interface EndEvent extends FitResult {
  type: 'end';
}

export type FitEvent = StepEvent | ValidationEvent | EpochEvent | CheckpointEvent | WarningEvent | EndEvent;
