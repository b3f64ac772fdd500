import { GoogLeNetError } from '../core/errors.js';
import type { Batch } from '../data/prefetcher.js';
import { updateMetrics } from '../inference/metrics.js';
import type { Source } from './datasets.js';
import { hasStalled } from './early-stopping.js';
import {
  AFTER_DIVERGENCE,
  endEpoch,
  endedMidEpoch,
  useFinalWeights,
  withoutPartialSummary,
} from './epoch-end.js';
import { type FitOptions, type FitPlan, readFitOptions } from './fit-options.js';
import { type CheckpointEvent, RunCheckpoints, resume, type WarningEvent } from './run-checkpoints.js';
import { startThroughputMeter, type ThroughputMeter } from './throughput-meter.js';
import type { EpochSummary, TrainState } from './train-state.js';
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
  /** The newest one; where this run has written none, the one it resumed from. */
  checkpoint: string | null;
  /** The latest epochs, a thousand at most, those before an interruption included. */
  history: readonly EpochSummary[];
}

export interface EndEvent extends FitResult {
  type: 'end';
}

export type FitEvent = StepEvent | ValidationEvent | EpochEvent | CheckpointEvent | WarningEvent | EndEvent;

/** The training loop. Its whole state is `trainer.state`, so that a checkpoint at any step resumes bit for bit. */
export async function* trainingLoop(
  trainer: Trainer,
  source: Source,
  options: FitOptions,
): AsyncGenerator<FitEvent, FitResult, void> {
  const plan = readFitOptions(options, source, trainer);
  const { signal } = plan;
  const from = yield* resume(trainer, plan);
  if (!isOver(trainer.state, plan)) assertNotFinished(trainer);
  const checkpoints = await RunCheckpoints.open(trainer, plan, from);
  try {
    while (!isOver(trainer.state, plan)) {
      trainer.state = withoutPartialSummary(trainer.state);
      const throughput = startThroughputMeter();
      for await (const batch of batchesLeft(trainer.state, plan)) {
        if (batch.skipped.length > 0) yield unreadable(batch);
        if (batch.labels.length > 0) yield await trainOn(trainer, batch, plan, throughput);
        else trainer.state = afterBatch(trainer.state, batch, plan);
        // Before the signal: what is left of the run is short, or watches the signal itself.
        if (hasAllSteps(trainer.state, plan)) break;
        signal?.throwIfAborted();
        if (batch.labels.length > 0) yield* checkpoints.afterStep();
      }
      const scores = plan.validation && (yield* validation(trainer, plan.validation, plan.validating));
      const summary = await endEpoch(trainer, plan, scores, throughput.compute());
      yield { type: 'epoch', ...summary, validation: scores };
      if (!isOver(trainer.state, plan)) signal?.throwIfAborted();
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
  const result = resultOf(trainer.state, plan, checkpoints.latest);
  yield { type: 'end', ...result };
  return result;
}

function isOver(state: TrainState, plan: FitPlan): boolean {
  const { epochs, stopping } = plan;
  if (hasAllSteps(state, plan) && (state.step === 0 || endedMidEpoch(state))) return true;
  if (stopping !== null && state.step === 0 && hasStalled(state, stopping)) return true;
  return epochs !== null && state.epoch >= epochs;
}

const hasAllSteps = ({ globalStep }: TrainState, { steps }: FitPlan): boolean =>
  steps !== null && globalStep >= steps;

/** None for a run that was stopped between its last step and the end of the epoch. */
function batchesLeft(state: TrainState, plan: FitPlan): AsyncIterable<Batch> | Batch[] {
  const { epoch, step: start } = state;
  return hasAllSteps(state, plan) ? [] : plan.loader.epoch(epoch, { start, signal: plan.signal });
}

/** EMA weights are not the weights that the optimiser's state belongs to. */
function assertNotFinished(trainer: Trainer): void {
  if (!trainer.isFinished) return;
  const message =
    'The run has ended, and the model has its best or EMA weights, which no run can resume from.';
  const fix = 'Set resume to a checkpoint of the run, or make a new Trainer for another run';
  throw new GoogLeNetError('INVALID_ARGUMENT', `${message} ${fix}.`);
}

async function trainOn(
  trainer: Trainer,
  batch: Batch,
  plan: FitPlan,
  throughput: ThroughputMeter,
): Promise<StepEvent> {
  const { images, labels } = batch;
  const result = await trainer.step(images, labels);
  const before = trainer.state;
  const step = before.globalStep + 1;
  assertFinite(result, step);
  const tally = updateMetrics(before.tally, result, labels.length);
  trainer.state = { ...afterBatch(before, batch, plan), globalStep: step, tally };
  const { stepsPerEpoch } = plan.loader;
  const imagesPerSecond = throughput.update(labels.length);
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

const afterBatch = (state: TrainState, { skipped }: Batch, { loader }: FitPlan): TrainState => ({
  ...state,
  step: state.step + 1,
  skipped: state.skipped + skipped.length,
  batches: { ...loader.plan },
});

function resultOf(state: TrainState, plan: FitPlan, checkpoint: string | null): FitResult {
  const { epoch, globalStep: step, history } = state;
  const hasAll = hasAllSteps(state, plan) || (plan.epochs !== null && epoch >= plan.epochs);
  const reason = !isOver(state, plan) ? 'aborted' : hasAll ? 'completed' : 'stopped-early';
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
