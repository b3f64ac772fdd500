/** What the end of an epoch, and that of the run, leave behind. */
import { GoogLeNetError } from '../core/errors.js';
import { isBetter, scoreOf } from './early-stopping.js';
import type { FitPlan } from './fit-options.js';
import { computeMetrics, type Metrics } from './metrics.js';
import { lrAt } from './schedule.js';
import { type EpochSummary, MAX_HISTORY, type Progress, START } from './train-state.js';
import type { Trainer } from './trainer.js';
import type { Validation } from './validation.js';

export const AFTER_DIVERGENCE =
  'Go on from an earlier checkpoint with a lower learning rate, and look for broken images.';

/** Sums the epoch up. One that the number of steps cut short stays under way, for a run that goes on. */
export async function endEpoch(
  trainer: Trainer,
  plan: FitPlan,
  validation: Validation | null,
  speed: { seconds: number; imagesPerSecond: number },
): Promise<EpochSummary> {
  const { progress } = trainer;
  const summary = { ...summarise(trainer, plan, validation), ...speed };
  const history = [...progress.history, summary].slice(-MAX_HISTORY);
  const isShort = plan.steps !== null && summary.step >= plan.steps;
  if (isShort && progress.step !== plan.loader.stepsPerEpoch) {
    trainer.progress = { ...progress, history };
    return summary;
  }
  const { epoch, step: globalStep } = summary;
  trainer.progress = { ...START, epoch, globalStep, best: progress.best, history };
  const score = scoreIn(summary, plan);
  if (plan.stopping !== null && score !== null && isBetter(score, progress.best, plan.stopping)) {
    trainer.bestWeights = await trainer.weights();
    trainer.progress = { ...trainer.progress, best: { epoch, score, metric: plan.stopping.metric } };
  }
  return summary;
}

/** @throws GoogLeNetError `INVALID_DATASET`, `DIVERGED` */
function summarise(trainer: Trainer, plan: FitPlan, validation: Validation | null) {
  const { epoch: before, globalStep: step, tally, skipped } = trainer.progress;
  const epoch = before + 1;
  if (tally.count === 0) {
    const message = `None of the ${skipped} images of epoch ${epoch} could be read.`;
    throw new GoogLeNetError('INVALID_DATASET', message);
  }
  if (validation && !Number.isFinite(validation.loss)) {
    const message = `The loss on the validation images became ${validation.loss} after step ${step}.`;
    throw new GoogLeNetError('DIVERGED', `${message} ${AFTER_DIVERGENCE}`);
  }
  const { optimizer, schedule } = trainer.config;
  return {
    epoch,
    step,
    lr: lrAt({ epoch: before, step: step - 1, totalSteps: plan.totalSteps }, optimizer.lr, schedule),
    train: computeMetrics(tally, trainer.model.auxLogits),
    validation: validation && onlyScores(validation),
    skipped,
  };
}

const onlyScores = ({
  count: _,
  skipped: __,
  confusion: ___,
  mistakes: ____,
  samples: _____,
  ...scores
}: Validation): Metrics => scores;

const scoreIn = ({ validation }: EpochSummary, { stopping }: FitPlan): number | null =>
  stopping && validation && scoreOf(validation, stopping.metric);

/** Whether the number of steps ended the run within an epoch, which has been summed up. */
export const isCut = ({ step, globalStep, history }: Progress): boolean =>
  step > 0 && history.at(-1)?.step === globalStep;

/** The progress of a run that goes on: an epoch that was cut short is summed up once more, when it is over. */
export function reopened(progress: Progress): Progress {
  return { ...progress, history: progress.history.filter(({ epoch }) => epoch <= progress.epoch) };
}

/** What a finished run leaves in the model: the weights that validation liked best, or the averaged ones. */
export async function useFinalWeights(trainer: Trainer, plan: FitPlan): Promise<void> {
  const { bestWeights, config, model } = trainer;
  if (plan.stopping !== null && bestWeights !== null && !isBestNow(trainer.progress, plan)) {
    await model.loadStateDict(bestWeights);
  } else if (config.averageDecay !== null) await trainer.applyAverage();
  else return;
  trainer.isFinished = true;
}

/** The end of a run within an epoch may be better than any epoch; a run that goes on does not count it. */
function isBestNow(progress: Progress, plan: FitPlan): boolean {
  const last = progress.history.at(-1);
  const score = last && isCut(progress) ? scoreIn(last, plan) : null;
  return plan.stopping !== null && score !== null && isBetter(score, progress.best, plan.stopping);
}
