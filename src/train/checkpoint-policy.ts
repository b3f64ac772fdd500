import { readSetting } from '../core/settings.js';
import { TRAINING_SETTINGS as S } from '../core/training-settings.js';

/** Which checkpoints of a run stay on the disk: each one that any of these rules selects. */
export interface CheckpointPolicy {
  /** The newest K. Default 2: if one is damaged, there is the one before it. */
  saveLastK?: number;
  /** The K with the highest scores; of equal scores the earlier. Default 0. */
  saveTopK?: number;
  /** The checkpoint at the end of every N-th epoch. Default null: none. */
  everyNEpochs?: number | null;
}

/** What the policy knows of a checkpoint. */
export interface CheckpointInfo {
  /** Completed steps of the run. */
  readonly step: number;
  /** Completed epochs. */
  readonly epoch: number;
  readonly isEpochEnd: boolean;
  /** The higher the better; null where nothing was validated. */
  readonly score: number | null;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readCheckpointPolicy({
  saveLastK,
  saveTopK,
  everyNEpochs,
}: CheckpointPolicy): Required<CheckpointPolicy> {
  return {
    saveLastK: readSetting(S.saveLastK, 'saveLastK', saveLastK),
    saveTopK: readSetting(S.saveTopK, 'saveTopK', saveTopK),
    everyNEpochs: readSetting(S.everyNEpochs, 'everyNEpochs', everyNEpochs),
  };
}

/** The checkpoints that a rule keeps, always with the newest. */
export function selectKept<T extends CheckpointInfo>(
  checkpoints: readonly T[],
  rules: Required<CheckpointPolicy>,
): Set<T> {
  const { saveLastK, saveTopK, everyNEpochs } = rules;
  const newestFirst = [...checkpoints].sort((a, b) => b.step - a.step);
  const bestFirst = checkpoints
    .flatMap((checkpoint) => (checkpoint.score === null ? [] : [{ checkpoint, score: checkpoint.score }]))
    .sort((a, b) => b.score - a.score || a.checkpoint.step - b.checkpoint.step)
    .map(({ checkpoint }) => checkpoint);
  const everyN = checkpoints.filter(
    ({ isEpochEnd, epoch }) => everyNEpochs !== null && isEpochEnd && epoch % everyNEpochs === 0,
  );
  return new Set([...newestFirst.slice(0, saveLastK), ...bestFirst.slice(0, saveTopK), ...everyN]);
}
