import { GoogLeNetError } from '../core/errors.js';
import type { Batch } from '../data/prefetcher.js';
import { updateMetrics } from '../inference/metrics.js';
import type { StepResult } from './batch-result.js';
import type { StoredCheckpoint } from './checkpoint-store.js';
import type { TrainingSource } from './datasets.js';
import { hasStalled } from './early-stopping.js';
import {
  AFTER_DIVERGENCE,
  endEpoch,
  endedMidEpoch,
  useFinalWeights,
  withoutPartialSummary,
} from './epoch-end.js';
import type { FitEvent, FitResult, StepEvent, WarningEvent } from './fit-events.js';
import { type FitConfig, type FitOptions, readFitOptions } from './fit-options.js';
import { LoggerGroup } from './logger-group.js';
import { resolvedSettings } from './resolved-settings.js';
import { RunCheckpoints, resume } from './run-checkpoints.js';
import type { RunTrainer } from './run-trainer.js';
import { startThroughputMeter, type ThroughputMeter } from './throughput-meter.js';
import type { TrainState } from './train-state.js';
import { validation } from './validation.js';

/** Runs a fit with its loggers. */
export async function* fit(
  trainer: RunTrainer,
  source: TrainingSource,
  options: FitOptions,
): AsyncGenerator<FitEvent, FitResult, void> {
  const config = readFitOptions(options, source, trainer);
  const { checkpoint, warnings } = await resume(trainer, config);
  if (!isOver(trainer.state, config)) assertNotFinished(trainer);
  const { validation, loader } = config;
  const { length: images, stepsPerEpoch } = loader;
  const loggers = new LoggerGroup(config.loggers, config.signal);
  await loggers.start({
    ...{ trainer, source, validation, images, stepsPerEpoch, checkpoint: checkpoint?.path ?? null },
    settings: resolvedSettings(trainer, config),
  });
  return yield* loggers.watch(
    trainingLoop(trainer, { ...config, signal: loggers.signal }, checkpoint, warnings),
  );
}

/** The training loop. Its whole state is `trainer.state`, so that a checkpoint at any step resumes bit for bit. */
async function* trainingLoop(
  trainer: RunTrainer,
  config: FitConfig,
  resumedFrom: StoredCheckpoint | null,
  warnings: readonly WarningEvent[],
): AsyncGenerator<FitEvent, FitResult, void> {
  const { signal } = config;
  yield* warnings;
  const checkpoints = await RunCheckpoints.open(trainer, config, resumedFrom);
  try {
    while (!isOver(trainer.state, config)) {
      trainer.state = withoutPartialSummary(trainer.state);
      const throughput = startThroughputMeter();
      for await (const batch of batchesLeft(trainer.state, config)) {
        if (batch.skipped.length > 0) yield unreadable(batch);
        if (batch.labels.length > 0) yield await trainOn(trainer, batch, config, throughput);
        else trainer.state = afterBatch(trainer.state, batch, config);
        // Before the signal: what is left of the run is short, or watches the signal itself.
        if (hasAllSteps(trainer.state, config)) break;
        signal?.throwIfAborted();
        if (batch.labels.length > 0) yield* checkpoints.afterStep();
      }
      const scores =
        config.validation &&
        (yield* validation(trainer, config.validation, { ...config.validating, signal }));
      const summary = await endEpoch(trainer, config, scores, throughput.compute());
      yield { type: 'epoch', ...summary, validation: scores };
      if (!isOver(trainer.state, config)) signal?.throwIfAborted();
      yield* checkpoints.save();
    }
    await useFinalWeights(trainer, config);
  } catch (error) {
    // Only what the signal itself has thrown: a step that fails while a run is being stopped is still a failure.
    if (!isAbort(error, signal)) throw error;
    yield* checkpoints.save();
  } finally {
    await checkpoints.close();
  }
  const result = resultOf(trainer.state, config, checkpoints.latest);
  yield { type: 'end', ...result };
  return result;
}

function isOver(state: TrainState, config: FitConfig): boolean {
  const { epochs, stopping } = config;
  if (hasAllSteps(state, config) && (state.step === 0 || endedMidEpoch(state))) return true;
  if (stopping !== null && state.step === 0 && hasStalled(state, stopping)) return true;
  return epochs !== null && state.epoch >= epochs;
}

const hasAllSteps = ({ globalStep }: TrainState, { steps }: FitConfig): boolean =>
  steps !== null && globalStep >= steps;

/** None for a run that was stopped between its last step and the end of the epoch. */
function batchesLeft(state: TrainState, config: FitConfig): AsyncIterable<Batch> | Batch[] {
  const { epoch, step: start } = state;
  return hasAllSteps(state, config) ? [] : config.loader.epoch(epoch, { start, signal: config.signal });
}

/** EMA weights are not the weights that the optimizer's state belongs to. */
function assertNotFinished(trainer: RunTrainer): void {
  if (!trainer.isFinished) return;
  const message =
    'The run has ended, and the model has its best or EMA weights, which no run can resume from.';
  const fix = 'Set resume to a checkpoint of the run, or make a new Trainer for another run';
  throw new GoogLeNetError('INVALID_ARGUMENT', `${message} ${fix}.`);
}

async function trainOn(
  trainer: RunTrainer,
  batch: Batch,
  config: FitConfig,
  throughput: ThroughputMeter,
): Promise<StepEvent> {
  const { images, labels } = batch;
  const result = await trainer.step(images, labels);
  const before = trainer.state;
  const step = before.globalStep + 1;
  assertFinite(result, step);
  const metrics = updateMetrics(before.metrics, result, labels.length);
  trainer.state = { ...afterBatch(before, batch, config), globalStep: step, metrics };
  const { stepsPerEpoch } = config.loader;
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

const afterBatch = (state: TrainState, { skipped }: Batch, { loader }: FitConfig): TrainState => ({
  ...state,
  step: state.step + 1,
  skipped: state.skipped + skipped.length,
  batches: { ...loader.plan },
});

function resultOf(state: TrainState, config: FitConfig, checkpoint: string | null): FitResult {
  const { epoch, globalStep: step, history } = state;
  const hasAll = hasAllSteps(state, config) || (config.epochs !== null && epoch >= config.epochs);
  const reason = !isOver(state, config) ? 'aborted' : hasAll ? 'completed' : 'stopped-early';
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
