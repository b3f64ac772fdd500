import { GoogLeNetError } from '../core/errors.js';
import type { Batch } from '../data/prefetcher.js';
import type { Source } from './datasets.js';
import { hasStalled } from './early-stopping.js';
import { AFTER_DIVERGENCE, endEpoch, isCut, reopened, useFinalWeights } from './epoch-end.js';
import { type FitOptions, type FitPlan, readFitOptions } from './fit-options.js';
import { updateMetrics } from './metrics.js';
import { type CheckpointEvent, RunCheckpoints, resume, type WarningEvent } from './run-checkpoints.js';
import { type Clock, startClock } from './throughput-meter.js';
import type { EpochSummary, Progress } from './train-state.js';
import type { StepResult, Trainer } from './trainer.js';
import { type Validation, type ValidationEvent, validation } from './validation.js';

export type { FitOptions };

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

export interface FitResult {
  /**
   * `aborted`: the signal stopped the run after a whole step; `checkpoint` is where to resume.
   * `stopped-early`: validation got no better; the model has the weights of the best epoch.
   */
  reason: 'completed' | 'aborted' | 'stopped-early';
  /** Completed epochs and steps. */
  epoch: number;
  step: number;
  /** The newest one; where this run has written none, that which it went on from. */
  checkpoint: string | null;
  /** The latest epochs, a thousand at most, those before an interruption included. */
  history: readonly EpochSummary[];
}

export interface EndEvent extends FitResult {
  type: 'end';
}

export type FitEvent = StepEvent | ValidationEvent | EpochEvent | CheckpointEvent | WarningEvent | EndEvent;

/** The training loop. Its whole state is `trainer.progress`, so that a checkpoint at any step resumes bit for bit. */
export async function* trainingLoop(
  trainer: Trainer,
  source: Source,
  options: FitOptions,
): AsyncGenerator<FitEvent, FitResult, void> {
  const plan = readFitOptions(options, source, trainer);
  const { signal } = plan;
  const from = yield* resume(trainer, plan);
  if (!isOver(trainer.progress, plan)) assertCanGoOn(trainer);
  const checkpoints = await RunCheckpoints.open(trainer, plan, from);
  try {
    while (!isOver(trainer.progress, plan)) {
      trainer.progress = reopened(trainer.progress);
      const clock = startClock();
      for await (const batch of batchesLeft(trainer.progress, plan)) {
        if (batch.skipped.length > 0) yield unreadable(batch);
        if (batch.labels.length > 0) yield await trainOn(trainer, batch, plan, clock);
        else trainer.progress = afterBatch(trainer.progress, batch, plan);
        // Before the signal: what is left of the run is short, or watches the signal itself.
        if (hasAllSteps(trainer.progress, plan)) break;
        signal?.throwIfAborted();
        if (batch.labels.length > 0) yield* checkpoints.afterStep();
      }
      const scores = plan.validation && (yield* validation(trainer, plan.validation, plan.validating));
      const summary = await endEpoch(trainer, plan, scores, clock.total());
      yield { type: 'epoch', ...summary, validation: scores };
      if (!isOver(trainer.progress, plan)) signal?.throwIfAborted();
      yield* checkpoints.save();
    }
    await useFinalWeights(trainer, plan);
  } catch (error) {
    // Only what the signal itself has thrown: a step that fails while a run is being stopped is still a failure.
    if (!isAbort(error, signal)) throw error;
    yield* checkpoints.save();
  } finally {
    await checkpoints.close();
  }
  const result = resultOf(trainer.progress, plan, checkpoints.latest);
  yield { type: 'end', ...result };
  return result;
}

function isOver(progress: Progress, plan: FitPlan): boolean {
  const { epochs, stopping } = plan;
  if (hasAllSteps(progress, plan) && (progress.step === 0 || isCut(progress))) return true;
  if (stopping !== null && progress.step === 0 && hasStalled(progress, stopping)) return true;
  return epochs !== null && progress.epoch >= epochs;
}

const hasAllSteps = ({ globalStep }: Progress, { steps }: FitPlan): boolean =>
  steps !== null && globalStep >= steps;

/** None for a run that was stopped between its last step and the end of the epoch. */
function batchesLeft(progress: Progress, plan: FitPlan): AsyncIterable<Batch> | Batch[] {
  const { epoch, step: start } = progress;
  return hasAllSteps(progress, plan) ? [] : plan.loader.epoch(epoch, { start, signal: plan.signal });
}

/** A step on averaged weights would be one of no run. */
function assertCanGoOn(trainer: Trainer): void {
  if (!trainer.isFinished) return;
  const message =
    'The run has ended, and the model has its best or averaged weights, from which no training goes on.';
  const fix = 'Set resume to a checkpoint of the run, or make a new Trainer to begin another one';
  throw new GoogLeNetError('INVALID_ARGUMENT', `${message} ${fix}.`);
}

async function trainOn(trainer: Trainer, batch: Batch, plan: FitPlan, clock: Clock): Promise<StepEvent> {
  const { images, labels } = batch;
  const result = await trainer.step(images, labels);
  const before = trainer.progress;
  const step = before.globalStep + 1;
  assertFinite(result, step);
  const tally = updateMetrics(before.tally, result, labels.length);
  trainer.progress = { ...afterBatch(before, batch, plan), globalStep: step, tally };
  const { stepsPerEpoch } = plan.loader;
  const imagesPerSecond = clock.count(labels.length);
  return {
    type: 'step',
    epoch: before.epoch + 1,
    step,
    stepsPerEpoch,
    count: labels.length,
    imagesPerSecond,
    ...result,
  };
}

const afterBatch = (progress: Progress, { skipped }: Batch, { loader }: FitPlan): Progress => ({
  ...progress,
  step: progress.step + 1,
  skipped: progress.skipped + skipped.length,
  batches: { ...loader.plan },
});

function resultOf(progress: Progress, plan: FitPlan, checkpoint: string | null): FitResult {
  const { epoch, globalStep: step, history } = progress;
  const hasAll = hasAllSteps(progress, plan) || (plan.epochs !== null && epoch >= plan.epochs);
  const reason = !isOver(progress, plan) ? 'aborted' : hasAll ? 'completed' : 'stopped-early';
  return { reason, epoch, step, checkpoint, history };
}

const isAbort = (error: unknown, signal: AbortSignal | undefined): boolean =>
  signal?.aborted === true &&
  (error === signal.reason || (error instanceof GoogLeNetError && error.code === 'ABORTED'));

const unreadable = ({ skipped }: Batch): WarningEvent => ({
  type: 'warning',
  code: 'UNREADABLE_IMAGE',
  message: skipped.map(({ name, reason }) => `${name} is left out: ${reason}`).join(' '),
  names: skipped.map(({ name }) => name),
});

function assertFinite({ loss, lr }: StepResult, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new GoogLeNetError(
    'DIVERGED',
    `The loss became ${loss} in step ${step} at learning rate ${lr}. ${AFTER_DIVERGENCE}`,
  );
}
