import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { batchCount, batches } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { epochOrder } from '../data/sampler.js';
import { fromFileError, GoogLeNetError } from '../errors.js';
import { type BatchPlan, type Progress, readCheckpoint, START } from './checkpoint.js';
import { type FitOptions, type FitPlan, readFitOptions } from './fit-options.js';
import { add, type Scores, toScores, type ValidationEvent, validation } from './scores.js';
import type { StepResult, Trainer } from './trainer.js';

export type { FitOptions };

export interface StepEvent extends StepResult {
  type: 'step';
  /** Counted from 1. */
  epoch: number;
  /** Of the whole run, counted from 1. */
  step: number;
  /** Steps in an epoch. */
  stepsPerEpoch: number;
  /** Pictures in this batch. */
  count: number;
  imagesPerSecond: number;
}

export interface EpochEvent {
  type: 'epoch';
  /** Counted from 1. */
  epoch: number;
  step: number;
  lr: number;
  /** Means over the epoch's batches as they were trained on, so earlier ones are of a younger model. */
  train: Scores;
  validation: Scores | null;
  seconds: number;
  imagesPerSecond: number;
}

export interface CheckpointEvent {
  type: 'checkpoint';
  path: string;
  epoch: number;
  step: number;
}

export interface EndEvent {
  type: 'end';
  /** `aborted`: the signal stopped the run after a whole step; `checkpoint` is where to resume. */
  reason: 'completed' | 'aborted';
  epoch: number;
  step: number;
  checkpoint: string | null;
}

export type FitEvent = StepEvent | ValidationEvent | EpochEvent | CheckpointEvent | EndEvent;

/** The training loop. Its whole state is `trainer.progress`, so that a checkpoint at any step resumes bit for bit. */
export async function* trainingLoop(
  trainer: Trainer,
  dataset: Dataset,
  given: FitOptions,
): AsyncGenerator<FitEvent, void, void> {
  const plan = readFitOptions(given, dataset, trainer.model);
  const { batches: plannedBatches, checkpointEvery } = plan;
  const stepsPerEpoch = batchCount(dataset.length, plannedBatches.batchSize, plannedBatches.dropLast);
  const isAborted = () => plan.signal?.aborted === true;
  let checkpoint: string | null = null;

  async function* save(): AsyncGenerator<CheckpointEvent> {
    if (plan.checkpointDir === null) return;
    checkpoint = join(plan.checkpointDir, 'last.safetensors');
    await trainer.saveCheckpoint(checkpoint);
    yield { type: 'checkpoint', path: checkpoint, epoch: trainer.epoch, step: trainer.progress.globalStep };
  }

  if (plan.resume !== null) {
    // Before it is loaded, so that a run that cannot go on leaves the model as it is.
    assertSameBatches((await readCheckpoint(plan.resume)).progress, plannedBatches, stepsPerEpoch);
    await trainer.loadCheckpoint(plan.resume);
  }
  assertSameBatches(trainer.progress, plannedBatches, stepsPerEpoch);
  if (plan.checkpointDir !== null) await makeFolder(plan.checkpointDir);

  try {
    while (trainer.epoch < plan.epochs) {
      const { epoch, lr } = trainer;
      const clock = startClock();
      for await (const { images, labels } of epochBatches(dataset, plan, trainer.progress)) {
        const result = await trainer.step(images, labels);
        const step = trainer.progress.globalStep + 1;
        assertFinite(result, step);
        trainer.progress = {
          epoch,
          step: trainer.progress.step + 1,
          globalStep: step,
          tally: add(trainer.progress.tally, result, labels.length),
          batches: plannedBatches,
        };
        const imagesPerSecond = clock.count(labels.length);
        const count = labels.length;
        yield { type: 'step', epoch: epoch + 1, step, stepsPerEpoch, count, imagesPerSecond, ...result };
        plan.signal?.throwIfAborted();
        if (checkpointEvery !== null && step % checkpointEvery === 0) yield* save();
      }

      const { tally, globalStep: step } = trainer.progress;
      const speed = clock.total();
      const scores = plan.validation && (yield* validation(trainer, plan.validation, plan.validating));
      trainer.progress = { ...START, epoch: epoch + 1, globalStep: step };
      yield {
        type: 'epoch',
        epoch: epoch + 1,
        step,
        lr,
        train: toScores(tally),
        validation: scores,
        ...speed,
      };
      if (trainer.epoch < plan.epochs) plan.signal?.throwIfAborted();
      yield* save();
    }
  } catch (error) {
    // Only what the signal itself has thrown: a step that fails while a run is being stopped is still a failure.
    if (!isAborted() || !isAbort(error, plan.signal)) throw error;
    yield* save();
  }
  const { epoch } = trainer;
  const reason = epoch < plan.epochs ? 'aborted' : 'completed';
  yield { type: 'end', reason, epoch, step: trainer.progress.globalStep, checkpoint };
}

/** The batches of an epoch that are still to be trained on. */
function epochBatches(dataset: Dataset, plan: FitPlan, { epoch, step }: Progress) {
  const { seed, shuffle, batchSize, dropLast } = plan.batches;
  const order = epochOrder(dataset.length, { seed: BigInt(seed), epoch, shuffle });
  return batches(dataset, { order, batchSize, dropLast, start: step, signal: plan.signal, ...plan.loading });
}

const isAbort = (error: unknown, signal: AbortSignal | undefined): boolean =>
  error === signal?.reason || (error instanceof GoogLeNetError && error.code === 'ABORTED');

function assertSameBatches({ step, batches: then }: Progress, now: BatchPlan, stepsPerEpoch: number): void {
  if (step === 0) return;
  if (then === null || step > stepsPerEpoch) {
    const message = `The run stopped after step ${step} of an epoch that has no such step. Start it anew.`;
    throw new GoogLeNetError('INVALID_CHECKPOINT', message);
  }
  for (const key of Object.keys(now) as (keyof BatchPlan)[]) {
    if (then[key] === now[key]) continue;
    const message = `The run stopped in the middle of an epoch with ${key} ${then[key]} and cannot go on with ${now[key]}.`;
    throw new GoogLeNetError('INVALID_CHECKPOINT', message);
  }
}

function assertFinite({ loss, lr }: StepResult, step: number): void {
  if (Number.isFinite(loss)) return;
  const fix =
    'The last checkpoint is from before. Resume from it with a lower learning rate, and look for broken pictures.';
  throw new GoogLeNetError(
    'DIVERGED',
    `The loss became ${loss} in step ${step} at learning rate ${lr}. ${fix}`,
  );
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw fromFileError(error, 'create', path);
  }
}

/** Pictures per second: of the last step, and of the epoch as far as this process has trained it. */
function startClock() {
  const start = performance.now();
  let last = start;
  let pictures = 0;
  return {
    count(n: number): number {
      const now = performance.now();
      const rate = (n * 1000) / (now - last);
      last = now;
      pictures += n;
      return rate;
    },
    total() {
      const seconds = (performance.now() - start) / 1000;
      return { seconds, imagesPerSecond: pictures / seconds };
    },
  };
}
