/** One run of `googlenet train`: the folder it leaves, the loop, how it ends. */
import { warning } from '../../core/colors.js';
import { GoogLeNetError } from '../../core/errors.js';
import { createProgressDisplay, type ProgressDisplay } from '../../core/progress.js';
import type { Terminal } from '../../core/terminal.js';
import type { ImageClassifier } from '../../models/image-classifier.js';
import type { FitResult } from '../../train/fit.js';
import { Trainer } from '../../train/trainer.js';
import { Interrupt } from '../interrupt.js';
import { commandLine, shown } from '../invocation.js';
import { buildModel, placePlan, recordRun } from './model.js';
import { fitOptions, trainerOptions } from './options.js';
import { type Plan, planTraining, type TrainFlags } from './plan.js';
import { type DashboardFlags, Recorder } from './recorder.js';
import { assertNoRun, lockRun, removeUnfinishedFiles, runFiles } from './run-folder.js';
import { formatInterruption, formatResult, formatStart } from './summary.js';
import { TrainingView } from './view.js';

interface Context {
  terminal: Terminal;
  plan: Plan;
  model: ImageClassifier;
  display: ProgressDisplay;
  interrupt: Interrupt;
  isVerbose: boolean;
}

export interface RunFlags {
  dashboard: DashboardFlags | null;
  /** Prints every setting at the start. */
  isVerbose: boolean;
}

/** @returns the exit status. */
export async function runTraining(
  terminal: Terminal,
  flags: TrainFlags,
  { dashboard, isVerbose }: RunFlags,
): Promise<number> {
  const display = createProgressDisplay(terminal.stderr);
  const interrupt = new Interrupt(terminal.host, () =>
    display.line('Stopping after this step. Ctrl-C once more stops at once.'),
  );
  try {
    const plan = await planTraining(flags);
    for (const text of plan.warnings) display.line(warning(text));
    const model = await buildModel(plan);
    try {
      return await train(
        { terminal, plan: placePlan(plan, model), model, display, interrupt, isVerbose },
        dashboard,
      );
    } finally {
      model.dispose();
    }
  } finally {
    display.close();
    interrupt.release();
  }
}

async function train(context: Context, dashboard: DashboardFlags | null): Promise<number> {
  const { terminal, plan, model } = context;
  const { dir, run, datasets } = plan;
  // Before anything is written: it refuses what does not go together.
  const trainer = new Trainer(model, trainerOptions(run.settings, datasets.train));
  const unlock = await lockRun(dir);
  try {
    // Nothing is written, and nothing cleared away, before other processes are kept out.
    if (plan.resumed) await removeUnfinishedFiles(dir);
    else await assertNoRun(dir);
    terminal.log(formatStart(plan, await recordRun(plan), context.isVerbose));
    return await trainInFolder(context, trainer, dashboard);
  } finally {
    trainer.dispose();
    await unlock();
  }
}

async function trainInFolder(
  context: Context,
  trainer: Trainer,
  dashboard: DashboardFlags | null,
): Promise<number> {
  const { terminal, plan, model, display, interrupt } = context;
  const { dir } = plan;
  const recorder = await Recorder.open(plan, display, dashboard);
  try {
    const result = await fit(context, trainer, recorder);
    const isComplete = result.reason !== 'aborted';
    if (isComplete) await model.save(runFiles(dir).model);
    display.close();
    if (!isComplete) terminal.log(formatInterruption(plan, result.step));
    recorder.ended(isComplete ? 'completed' : 'interrupted');
    try {
      await recorder.finish();
    } finally {
      if (isComplete) terminal.log(formatResult(plan, result, recorder.epochs));
    }
    return isComplete ? 0 : (interrupt.status ?? 0);
  } catch (error) {
    recorder.ended('failed', (error as Error).message);
    throw error;
  } finally {
    await recorder.close();
  }
}

async function fit(
  { plan, display, interrupt }: Context,
  trainer: Trainer,
  recorder: Recorder,
): Promise<FitResult> {
  const { settings } = plan.run;
  const { checkpoints } = runFiles(plan.dir);
  const view = new TrainingView(display, shapeOf(plan));
  /** Ends the run in good order, with a checkpoint, where an event of it could not be recorded. */
  const unrecorded = new AbortController();
  const events = trainer.fit(plan.datasets.train, {
    ...fitOptions(settings, plan.datasets, checkpoints),
    ...(plan.checkpoint && { resume: plan.checkpoint.path }),
    signal: AbortSignal.any([interrupt.signal, unrecorded.signal]),
  });
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done && unrecorded.signal.aborted) throw stoppedUnrecorded(unrecorded.signal.reason, value, plan);
      if (done) return value;
      if (unrecorded.signal.aborted) continue;
      await recorder.take(value, trainer, view).catch((error) => unrecorded.abort(error));
    }
  } catch (error) {
    throw withCause(unrecorded.signal, withAdvice(error, checkpoints));
  }
}

/** A checkpoint that fails for the same reason as the log must not hide what failed first. */
function withCause({ reason }: AbortSignal, error: unknown): unknown {
  if (!(reason instanceof GoogLeNetError) || !(error instanceof GoogLeNetError)) return error;
  if (error === reason || error.cause === reason) return error;
  return new GoogLeNetError(reason.code, `${reason.message} ${error.message}`, { cause: error });
}

/** What could not be written down, e.g. on a full disk, is no reason to lose what was trained. */
function stoppedUnrecorded(reason: unknown, { step, checkpoint }: FitResult, { dir }: Plan): unknown {
  if (!(reason instanceof GoogLeNetError) || checkpoint === null) return reason;
  const fix = `Fix that, and resume with \`${commandLine(['train', '--resume', shown(dir)])}\``;
  const message = `${reason.message} The run stopped after step ${step} with the checkpoint ${shown(checkpoint)}. ${fix}.`;
  return new GoogLeNetError(reason.code, message, { cause: reason });
}

function shapeOf({ run, checkpoint }: Plan) {
  const { train, validation, settings } = run;
  const { steps, batchSize, epochs } = settings;
  return {
    epochs: steps === null ? epochs : Math.ceil(steps / Math.ceil(train.images / batchSize)),
    epoch: (checkpoint?.state.epoch ?? 0) + 1,
    trainImages: train.images,
    validationImages: validation?.images ?? 0,
  };
}

/** A resumed run keeps its learning rate, so one that diverged begins again as a new run. */
function withAdvice(error: unknown, checkpoints: string): unknown {
  if (!(error instanceof GoogLeNetError) || error.code !== 'DIVERGED') return error;
  const command = commandLine(['train', '--lr', '…', '--weights', `${checkpoints}/step-….safetensors`]);
  return new GoogLeNetError('DIVERGED', `${error.message} For that, start a new run with \`${command} …\`.`, {
    cause: error,
  });
}
