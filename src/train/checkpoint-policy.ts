import { TRAINING_DEFAULTS } from '../core/training-defaults.js';
import { integer } from '../core/validation.js';

/** Which checkpoints of a run are kept: those that any of the rules names. */
export interface Retention {
  /** The newest ones. Default 2: should a disk damage the last, there is the one before it. */
  keepLast?: number;
  /** Those with the highest scores; the earlier of equals. Default 0. */
  keepBest?: number;
  /** Those at the ends of epochs whose number is a multiple of this. Default null, none. */
  keepEvery?: number | null;
}

/** What the rules look at. */
export interface Milestone {
  /** Completed steps of the run. */
  readonly step: number;
  /** Completed epochs. */
  readonly epoch: number;
  readonly isEpochEnd: boolean;
  /** The higher the better; null where nothing was validated. */
  readonly score: number | null;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readRetention({ keepLast, keepBest, keepEvery }: Retention): Required<Retention> {
  return {
    keepLast: integer('keepLast', keepLast ?? TRAINING_DEFAULTS.keepLast, 1),
    keepBest: integer('keepBest', keepBest ?? TRAINING_DEFAULTS.keepBest, 0),
    keepEvery: keepEvery == null ? null : integer('keepEvery', keepEvery, 1),
  };
}

/** Those of a run's checkpoints that a rule keeps. The newest is always among them. */
export function kept<T extends Milestone>(checkpoints: readonly T[], rules: Required<Retention>): Set<T> {
  const { keepLast, keepBest, keepEvery } = rules;
  const newestFirst = [...checkpoints].sort((a, b) => b.step - a.step);
  const bestFirst = checkpoints
    .flatMap((checkpoint) => (checkpoint.score === null ? [] : [{ checkpoint, score: checkpoint.score }]))
    .sort((a, b) => b.score - a.score || a.checkpoint.step - b.checkpoint.step)
    .map(({ checkpoint }) => checkpoint);
  const milestones = checkpoints.filter(
    ({ isEpochEnd, epoch }) => keepEvery !== null && isEpochEnd && epoch % keepEvery === 0,
  );
  return new Set([...newestFirst.slice(0, keepLast), ...bestFirst.slice(0, keepBest), ...milestones]);
}
