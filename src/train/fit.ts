import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { batchCount, batches } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { epochOrder } from '../data/sampler.js';
import { fromFileError, GoogLeNetError } from '../errors.js';
import type { BatchPlan, Progress } from './checkpoint.js';
import { type FitOptions, readFitOptions } from './fit-options.js';
import { add, emptyTally, type Scores, toScores } from './scores.js';
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

export type FitEvent = StepEvent | EpochEvent | CheckpointEvent | EndEvent;

/** The training loop. Its whole state is `trainer.progress`, so that a checkpoint at any step resumes bit for bit. */
export async function* trainingLoop(
  trainer: Trainer,
  dataset: Dataset,
  given: FitOptions,
): AsyncGenerator<FitEvent, void, void> {
  const plan = readFitOptions(given, dataset, trainer.model.numClasses);
  if (plan.resume !== null) await trainer.loadCheckpoint(plan.resume);
  assertSameBatches(trainer.progress, plan.batches);
  if (plan.checkpointDir !== null) await makeFolder(plan.checkpointDir);

  const stepsPerEpoch = batchCount(dataset.length, plan.batches.batchSize, plan.batches.dropLast);
  const aborted = () => plan.signal?.aborted === true;
  let saved: string | null = null;

  async function* save(): AsyncGenerator<CheckpointEvent> {
    if (plan.checkpointDir === null) return;
    saved = join(plan.checkpointDir, 'last.safetensors');
    await trainer.saveCheckpoint(saved);
    yield { type: 'checkpoint', path: saved, epoch: trainer.epoch, step: trainer.progress.globalStep };
  }

  while (trainer.epoch < plan.epochs && !aborted()) {
    const { epoch } = trainer;
    const { lr } = trainer;
    const clock = startClock();
    const order = epochOrder(dataset.length, {
      seed: BigInt(plan.batches.seed),
      epoch,
      shuffle: plan.batches.shuffle,
    });
    const { batchSize, dropLast } = plan.batches;
    const loader = batches(dataset, {
      order,
      batchSize,
      dropLast,
      start: trainer.progress.step,
      ...plan.loading,
    });

    for await (const { images, labels } of loader) {
      const result = await trainer.step(images, labels);
      const { globalStep, step, tally } = trainer.progress;
      assertFinite(result, globalStep + 1);
      const sums = add(tally, result, labels.length);
      trainer.progress = {
        epoch,
        step: step + 1,
        globalStep: globalStep + 1,
        tally: sums,
        batches: plan.batches,
      };
      const imagesPerSecond = clock.count(labels.length);
      yield {
        type: 'step',
        epoch: epoch + 1,
        step: globalStep + 1,
        stepsPerEpoch,
        count: labels.length,
        imagesPerSecond,
        ...result,
      };
      if (aborted()) break;
      if (plan.checkpointEvery !== null && (globalStep + 1) % plan.checkpointEvery === 0) yield* save();
    }
    if (aborted() && trainer.progress.step < stepsPerEpoch) break;

    const { tally, globalStep } = trainer.progress;
    const { imagesPerSecond, seconds } = clock.total();
    const validation = plan.validation && (await trainer.validate(plan.validation, plan.validating));
    trainer.progress = { epoch: epoch + 1, step: 0, globalStep, tally: emptyTally(), batches: plan.batches };
    yield {
      type: 'epoch',
      epoch: epoch + 1,
      step: globalStep,
      lr,
      train: toScores(tally),
      validation,
      seconds,
      imagesPerSecond,
    };
    if (!aborted()) yield* save();
  }
  if (aborted()) yield* save();
  const reason = trainer.epoch < plan.epochs ? 'aborted' : 'completed';
  yield { type: 'end', reason, epoch: trainer.epoch, step: trainer.progress.globalStep, checkpoint: saved };
}

function assertSameBatches({ step, batches: then }: Progress, now: BatchPlan): void {
  if (step === 0 || then === null) return;
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
