import type { Batch } from '../data/prepare.js';
import { GoogLeNetError } from '../errors.js';
import { type Clock, startClock } from './clock.js';
import type { Source } from './datasets.js';
import { hasStalled, isBetter, scoreOf } from './early-stopping.js';
import { type FitOptions, type FitPlan, readFitOptions } from './fit-options.js';
import { type EpochSummary, MAX_HISTORY, type Progress, START } from './progress.js';
import { type CheckpointEvent, RunCheckpoints, resume, type WarningEvent } from './run-checkpoints.js';
import { lrAt } from './schedule.js';
import { add, type Scores, toScores } from './scores.js';
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
  /** Pictures in this batch. */
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
  /** The newest one. */
  checkpoint: string | null;
  /** The latest thousand epochs, those before an interruption included. */
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
  given: FitOptions,
): AsyncGenerator<FitEvent, FitResult, void> {
  const plan = readFitOptions(given, source, trainer);
  const { loader, signal } = plan;
  const from = yield* resume(trainer, plan);
  const checkpoints = await RunCheckpoints.open(trainer, plan, from);
  try {
    while (!isOver(trainer.progress, plan)) {
      const clock = startClock();
      const { epoch, step: start } = trainer.progress;
      for await (const batch of loader.epoch(epoch, { start, signal })) {
        if (batch.skipped.length > 0) yield unreadable(batch);
        if (batch.labels.length > 0) yield await trainOn(trainer, batch, plan, clock);
        else trainer.progress = afterBatch(trainer.progress, batch, plan);
        signal?.throwIfAborted();
        if (trainer.progress.globalStep === plan.steps) break;
        yield* checkpoints.afterStep();
      }
      const scores = plan.validation && (yield* validation(trainer, plan.validation, plan.validating));
      const summary = await endEpoch(trainer, plan, scores, clock.total());
      yield { type: 'epoch', ...summary, validation: scores };
      if (!isOver(trainer.progress, plan)) signal?.throwIfAborted();
      yield* checkpoints.save();
    }
    await useBestWeights(trainer, plan);
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

function isOver(progress: Progress, { epochs, steps, stopping }: FitPlan): boolean {
  if (steps !== null && progress.globalStep >= steps) return true;
  if (stopping !== null && progress.step === 0 && hasStalled(progress, stopping)) return true;
  return epochs !== null && progress.epoch >= epochs;
}

async function trainOn(trainer: Trainer, batch: Batch, plan: FitPlan, clock: Clock): Promise<StepEvent> {
  const { images, labels } = batch;
  const result = await trainer.step(images, labels);
  const before = trainer.progress;
  const step = before.globalStep + 1;
  assertFinite(result, step);
  const tally = add(before.tally, result, labels.length);
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

/** Sums the epoch up. One that the number of steps cut short stays under way, for a run that goes on. */
async function endEpoch(
  trainer: Trainer,
  plan: FitPlan,
  validation: Validation | null,
  speed: { seconds: number; imagesPerSecond: number },
): Promise<EpochSummary> {
  const { progress } = trainer;
  const { epoch, globalStep: step, tally, skipped } = progress;
  if (tally.count === 0) {
    throw new GoogLeNetError(
      'INVALID_DATASET',
      `None of the ${skipped} pictures of epoch ${epoch + 1} could be read.`,
    );
  }
  const { optimizer, schedule } = trainer.config;
  const lr = lrAt({ epoch, step: step - 1, totalSteps: plan.totalSteps }, optimizer.lr, schedule);
  const train = toScores(tally, trainer.model.auxLogits);
  const summary = {
    epoch: epoch + 1,
    step,
    lr,
    train,
    validation: validation && onlyScores(validation),
    skipped,
    ...speed,
  };
  const history = [...progress.history, summary].slice(-MAX_HISTORY);
  const isCut = step === plan.steps && progress.step !== plan.loader.stepsPerEpoch;
  trainer.progress = isCut
    ? { ...progress, history }
    : { ...START, epoch: epoch + 1, globalStep: step, best: progress.best, history };
  const score = plan.stopping && validation && scoreOf(validation, plan.stopping.metric);
  if (plan.stopping !== null && score !== null && isBetter(score, progress.best, plan.stopping)) {
    trainer.bestWeights = await trainer.weights();
    trainer.progress = { ...trainer.progress, best: { epoch: epoch + 1, score } };
  }
  return summary;
}

const onlyScores = ({
  count: _,
  skipped: __,
  confusion: ___,
  mistakes: ____,
  samples: _____,
  ...scores
}: Validation): Scores => scores;

/** What a finished run leaves in the model: the weights that validation liked best, or the averaged ones. */
async function useBestWeights(trainer: Trainer, { stopping }: FitPlan): Promise<void> {
  if (stopping !== null && trainer.bestWeights !== null)
    await trainer.model.loadStateDict(trainer.bestWeights);
  else if (trainer.config.averageDecay !== null) await trainer.applyAverage();
}

function resultOf(progress: Progress, plan: FitPlan, checkpoint: string | null): FitResult {
  const { epoch, globalStep: step, history } = progress;
  const hasReached = epoch === plan.epochs || step === plan.steps;
  const reason = !isOver(progress, plan) ? 'aborted' : hasReached ? 'completed' : 'stopped-early';
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
  const fix =
    'The last checkpoint is from before. Resume from it with a lower learning rate, and look for broken pictures.';
  throw new GoogLeNetError(
    'DIVERGED',
    `The loss became ${loss} in step ${step} at learning rate ${lr}. ${fix}`,
  );
}
