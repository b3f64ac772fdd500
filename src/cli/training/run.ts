/** One run of `googlenet train`: the folder it leaves, the loop, how it ends. */
import { existsSync } from 'node:fs';
import { GoogLeNetError } from '../../errors.js';
import type { GoogLeNet } from '../../model.js';
import type { EpochRecord } from '../../report/records.js';
import { RunLog, readRunRecords } from '../../report/run-log.js';
import type { EpochEvent } from '../../train/fit.js';
import { toScores } from '../../train/scores.js';
import { Trainer } from '../../train/trainer.js';
import { createDisplay, type Display } from '../display.js';
import { Interrupt } from '../interrupt.js';
import { commandLine } from '../invocation.js';
import { CurveDrawer } from './curve-drawer.js';
import { buildModel, placePlan, recordRun } from './model.js';
import { type Plan, planTraining, type TrainFlags, trainerOptions } from './plan.js';
import { bestOf, epochRecord, stepRecord } from './records.js';
import { removeUnfinishedFiles, runFiles } from './run-folder.js';
import { formatInterruption, formatResult, formatStart } from './summary.js';
import { TrainingView } from './view.js';

interface Context {
  plan: Plan;
  model: GoogLeNet;
  display: Display;
  interrupt: Interrupt;
}

/** @returns the exit status. */
export async function runTraining(flags: TrainFlags): Promise<number> {
  const display = createDisplay();
  const interrupt = new Interrupt(() =>
    display.line('Stopping after this step. Ctrl-C once more stops at once.'),
  );
  try {
    const plan = await planTraining(flags);
    const model = await buildModel(plan);
    try {
      return await train({ plan: placePlan(plan, model), model, display, interrupt });
    } finally {
      model.dispose();
    }
  } finally {
    display.close();
    interrupt.release();
  }
}

async function train(context: Context): Promise<number> {
  const { plan, model, display, interrupt } = context;
  const { dir } = plan;
  if (plan.resumed) await removeUnfinishedFiles(dir);
  console.log(formatStart(plan, await recordRun(plan)));
  const log = await RunLog.open(dir, { resume: plan.resumed ? positionOf(plan) : null });
  const curves = new CurveDrawer(dir, (error) => display.line(`Drawing the curves failed: ${error.message}`));
  try {
    const epochs = await epochsSoFar(dir);
    const { isComplete, step } = await fit(context, log, curves, epochs);
    if (isComplete) await model.save(runFiles(dir).model);
    display.close();
    if (!isComplete) console.log(formatInterruption(plan, step));
    try {
      await curves.finish();
    } finally {
      if (isComplete) console.log(formatResult(plan, epochs));
    }
    return isComplete ? 0 : (interrupt.status ?? 0);
  } finally {
    await curves.settled();
    await log.close();
  }
}

const positionOf = ({ checkpoint }: Plan) => ({
  step: checkpoint?.progress.globalStep ?? 0,
  epoch: checkpoint?.progress.epoch ?? 0,
});

async function epochsSoFar(dir: string): Promise<EpochRecord[]> {
  const records = await readRunRecords(dir);
  return records.filter((record) => record.type === 'epoch');
}

interface End {
  /** False after an interruption, with a checkpoint to go on from. */
  isComplete: boolean;
  step: number;
}

/** @param epochs of the run so far; grows. */
async function fit(context: Context, log: RunLog, curves: CurveDrawer, epochs: EpochRecord[]): Promise<End> {
  const { plan, model, display } = context;
  const { settings, train, validation } = plan.run;
  const files = runFiles(plan.dir);
  const view = new TrainingView(display, {
    epochs: settings.epochs,
    epoch: positionOf(plan).epoch + 1,
    trainPictures: train.pictures,
    validationPictures: validation?.pictures ?? 0,
  });
  const trainer = new Trainer(model, trainerOptions(settings));

  async function endEpoch(event: EpochEvent): Promise<void> {
    view.epoch(event);
    const record = epochRecord(event);
    epochs.push(record);
    if (bestOf(epochs) === record) await model.save(files.best);
    await log.append(record);
    curves.request();
  }

  try {
    for await (const event of trainer.fit(plan.datasets.train, fitOptions(context))) {
      const { tally } = trainer.progress;
      if (event.type === 'step') {
        await log.append(stepRecord(event));
        view.step(event, toScores(tally), tally.count);
      } else if (event.type === 'validation') {
        view.validated(event.done);
      } else if (event.type === 'epoch') {
        await endEpoch(event);
      }
    }
  } catch (error) {
    throw withAdvice(error, files.checkpoint);
  } finally {
    trainer.dispose();
  }
  return { isComplete: trainer.epoch >= settings.epochs, step: trainer.progress.globalStep };
}

function fitOptions({ plan, interrupt }: Context) {
  const { epochs, batchSize, seed, resize, crop, checkpointEvery } = plan.run.settings;
  const { validation } = plan.datasets;
  return {
    ...{ epochs, batchSize, seed, resize, crop, signal: interrupt.signal },
    checkpointDir: runFiles(plan.dir).checkpoints,
    ...(checkpointEvery === null ? {} : { checkpointEvery }),
    ...(validation === null ? {} : { validation }),
    ...(plan.checkpoint === null ? {} : { resume: plan.checkpoint.path }),
  };
}

/** A resumed run keeps its learning rate, so one that diverged begins again as a new run. */
function withAdvice(error: unknown, checkpoint: string): unknown {
  if (!(error instanceof GoogLeNetError) || error.code !== 'DIVERGED' || !existsSync(checkpoint))
    return error;
  const command = commandLine(['train', '--weights', checkpoint]);
  return new GoogLeNetError('DIVERGED', `${error.message} For that, start a new run with \`${command} …\`.`, {
    cause: error,
  });
}
