/** The summary of an epoch and the final weights of a run. */
import { GoogLeNetError } from '../core/errors.js';
import { computeMetrics, onlyMetrics } from '../inference/metrics.js';
import { isBetter, scoreOf } from './early-stopping.js';
import type { FitConfig } from './fit-options.js';
import type { RunTrainer } from './run-trainer.js';
import { lrAt } from './schedule.js';
import { type EpochSummary, initialState, MAX_HISTORY, type TrainState } from './train-state.js';
import type { Validation } from './validation.js';

export const AFTER_DIVERGENCE =
  'Resume from an earlier checkpoint with a lower learning rate, and look for broken images.';

/** Summarizes the epoch. One that `steps` cuts short stays open, for a run that resumes with more steps. */
export async function endEpoch(
  trainer: RunTrainer,
  config: FitConfig,
  validation: Validation | null,
  speed: { seconds: number; imagesPerSecond: number },
): Promise<EpochSummary> {
  const { state } = trainer;
  const summary = { ...summarize(trainer, config, validation), ...speed };
  const history = [...state.history, summary].slice(-MAX_HISTORY);
  const isShort = config.steps !== null && summary.step >= config.steps;
  if (isShort && state.step !== config.loader.stepsPerEpoch) {
    trainer.state = { ...state, history };
    return summary;
  }
  const { epoch, step: globalStep } = summary;
  trainer.state = { ...initialState, epoch, globalStep, best: state.best, history };
  const score = scoreIn(summary, config);
  if (config.stopping !== null && score !== null && isBetter(score, state.best, config.stopping)) {
    trainer.bestWeights = await trainer.weights();
    trainer.state = { ...trainer.state, best: { epoch, score, metric: config.stopping.metric } };
  }
  return summary;
}

/** @throws GoogLeNetError `INVALID_DATASET`, `DIVERGED` */
function summarize(trainer: RunTrainer, config: FitConfig, validation: Validation | null) {
  const { epoch: before, globalStep: step, metrics, skipped } = trainer.state;
  const epoch = before + 1;
  if (metrics.count === 0) {
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
    lr: lrAt({ epoch: before, step: step - 1, totalSteps: config.totalSteps }, optimizer.lr, schedule),
    train: computeMetrics(metrics, trainer.model.auxLogits),
    validation: validation && onlyMetrics(validation),
    skipped,
  };
}

const scoreIn = ({ validation }: EpochSummary, { stopping }: FitConfig): number | null =>
  stopping && validation && scoreOf(validation, stopping.metric);

/** Whether `steps` ended the run in the middle of an epoch, which has its summary. */
export const endedMidEpoch = ({ step, globalStep, history }: TrainState): boolean =>
  step > 0 && history.at(-1)?.step === globalStep;

/** The state of a run that resumes: the summary of an epoch that was cut short is made anew when the epoch is over. */
export function withoutPartialSummary(state: TrainState): TrainState {
  return { ...state, history: state.history.filter(({ epoch }) => epoch <= state.epoch) };
}

/** Puts the final weights of a finished run into the model: those of the best epoch, or the EMA weights. */
export async function useFinalWeights(trainer: RunTrainer, config: FitConfig): Promise<void> {
  const { bestWeights, model } = trainer;
  if (config.stopping !== null && bestWeights !== null && !isBestNow(trainer.state, config)) {
    await model.loadStateDict(bestWeights);
  } else if (trainer.config.emaDecay !== null) await trainer.applyEma();
  else return;
  trainer.isFinished = true;
}

/** The end of a run in the middle of an epoch may be better than any epoch; a resumed run does not count it. */
function isBestNow(state: TrainState, config: FitConfig): boolean {
  const last = state.history.at(-1);
  const score = last && endedMidEpoch(state) ? scoreIn(last, config) : null;
  return config.stopping !== null && score !== null && isBetter(score, state.best, config.stopping);
}
