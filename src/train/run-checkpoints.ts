/** The checkpoints of a run as the loop sees them: which one to resume from, and where to save. */
import { realpath, stat } from 'node:fs/promises';
import { GoogLeNetError } from '../core/errors.js';
import { OpenCheckpoint } from './checkpoint.js';
import { CheckpointStore, describeCheckpoint, type StoredCheckpoint } from './checkpoint-store.js';
import { findCheckpoint } from './find-checkpoint.js';
import type { CheckpointEvent, WarningEvent } from './fit-events.js';
import type { FitConfig } from './fit-options.js';
import type { RunTrainer } from './run-trainer.js';
import type { BatchSettings, TrainState } from './train-state.js';

const isFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

interface ResumePoint {
  /** Null for a new run. */
  checkpoint: StoredCheckpoint | null;
  warnings: WarningEvent[];
}

/**
 * Loads the checkpoint that the run resumes from. Everything is checked first, so a run that cannot resume leaves the model unchanged.
 * @throws GoogLeNetError `INVALID_CHECKPOINT`, `FILE_NOT_FOUND`, `INVALID_WEIGHTS`, …
 */
export async function resume(trainer: RunTrainer, config: FitConfig): Promise<ResumePoint> {
  const warnings: WarningEvent[] = [];
  const checkpoint = config.checkpoint ?? (await findResumePoint(config, warnings));
  try {
    if (checkpoint !== null) {
      assertCanResume(checkpoint.state, config);
      await trainer.restore(checkpoint);
    }
    assertCanResume(trainer.state, config);
    trainer.totalSteps = config.totalSteps;
    return { checkpoint: checkpoint && describeCheckpoint(checkpoint), warnings };
  } finally {
    await checkpoint?.close();
  }
}

async function findResumePoint(
  { resume, checkpoints }: FitConfig,
  warnings: WarningEvent[],
): Promise<OpenCheckpoint | null> {
  if (resume === null) return null;
  const isAuto = resume === 'auto' && checkpoints !== null;
  const dir = isAuto ? checkpoints.dir : resume;
  if (!(await isFolder(dir))) return isAuto ? null : OpenCheckpoint.open(resume);
  const found = await findCheckpoint(dir, (path, error) => warnings.push(damaged(path, error)));
  if (found !== null || isAuto) return found;
  throw new GoogLeNetError('FILE_NOT_FOUND', `${dir} holds no checkpoint to resume from.`);
}

const damaged = (path: string, error: Error): WarningEvent => ({
  type: 'warning',
  code: 'DAMAGED_CHECKPOINT',
  message: `${error.message} An earlier checkpoint is used.`,
  names: [path],
});

function assertCanResume(state: TrainState, { loader, stopping }: FitConfig): void {
  assertSameBatches(state, { ...loader.plan });
  const { best } = state;
  if (best === null || stopping === null || best.metric === stopping.metric) return;
  const message = `The run selects the epoch with the best ${best.metric} and cannot resume with ${stopping.metric}.`;
  throw new GoogLeNetError('INVALID_CHECKPOINT', `${message} Set earlyStopping.metric back.`);
}

/** An epoch can be resumed in its middle only with the same batches. */
function assertSameBatches({ step, batches: then }: TrainState, now: BatchSettings): void {
  if (step === 0) return;
  if (then === null) {
    const message = `The run stopped after batch ${step} of an epoch, but does not say of which. Start it anew.`;
    throw new GoogLeNetError('INVALID_CHECKPOINT', message);
  }
  for (const key of new Set([...Object.keys(then), ...Object.keys(now)])) {
    // Both are plain JSON, written in the same order.
    const [before, after] = [then[key], now[key]].map((value) => JSON.stringify(value));
    if (before === after) continue;
    const message = `The run stopped in the middle of an epoch with ${key} ${before} and cannot resume with ${after}.`;
    throw new GoogLeNetError('INVALID_CHECKPOINT', message);
  }
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => realpath(path).catch(() => path)));
  return a === b;
}

interface SaveTarget {
  store: CheckpointStore;
  every: number | null;
  /** Warnings of the store since the last save. */
  warnings: GoogLeNetError[];
}

/** Saves the run's checkpoints, if it has a folder for them. */
export class RunCheckpoints {
  /** The newest one: until the run has saved one, the checkpoint it resumed from. */
  latest: string | null;
  readonly #trainer: RunTrainer;
  readonly #target: SaveTarget | null;

  private constructor(trainer: RunTrainer, target: SaveTarget | null, from: string | null) {
    this.#trainer = trainer;
    this.#target = target;
    this.latest = from;
  }

  /**
   * @param from the checkpoint that the run resumed from; null for a new run.
   * @throws GoogLeNetError `FILE_ERROR`; `INVALID_ARGUMENT` where the folder holds the checkpoints of another run.
   */
  static async open(
    trainer: RunTrainer,
    { checkpoints }: FitConfig,
    from: StoredCheckpoint | null,
  ): Promise<RunCheckpoints> {
    const latest = from?.path ?? null;
    if (checkpoints === null) return new RunCheckpoints(trainer, null, latest);
    const { dir, policy, everyNTrainSteps: every } = checkpoints;
    const warnings: GoogLeNetError[] = [];
    const onWarning = (warning: GoogLeNetError) => warnings.push(warning);
    const isHere = trainer.checkpointDir !== null && (await isSameFolder(trainer.checkpointDir, dir));
    const resumedAt = isHere ? trainer.state.globalStep : null;
    const store = await CheckpointStore.open(dir, {
      ...policy,
      resumedAt,
      known: isHere ? from : null,
      onWarning,
    });
    return new RunCheckpoints(trainer, { store, every, warnings }, latest);
  }

  /** Called after a step; saves when `everyNTrainSteps` says so. */
  async *afterStep(): AsyncGenerator<CheckpointEvent | WarningEvent> {
    const every = this.#target?.every ?? null;
    if (every !== null && this.#trainer.state.globalStep % every === 0) yield* this.save();
  }

  async *save(): AsyncGenerator<CheckpointEvent | WarningEvent> {
    if (this.#target === null) return;
    const { store, warnings } = this.#target;
    const { epoch, globalStep: step, step: ofEpoch, history } = this.#trainer.state;
    // The validation of exactly these weights.
    const last = history.at(-1);
    const score = last?.step === step ? (last.validation?.top1 ?? null) : null;
    const about = { step, epoch, isEpochEnd: ofEpoch === 0 && epoch > 0, score };
    const path = await store.save((to) => this.#trainer.saveCheckpoint(to, { score }), about);
    this.latest = path;
    this.#trainer.checkpointDir = store.dir;
    for (const { message } of warnings.splice(0)) {
      yield { type: 'warning', code: 'CHECKPOINT_STORE', message, names: [store.dir] };
    }
    yield { type: 'checkpoint', path, epoch, step };
  }

  async close(): Promise<void> {
    await this.#target?.store.close();
  }
}
