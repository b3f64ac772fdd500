/** One run of `googlenet train`: flags → model, trainer and loggers of the library. */
import { warning } from '../../core/colors.js';
import { GoogLeNetError } from '../../core/errors.js';
import { createProgressDisplay, type ProgressDisplay } from '../../core/progress.js';
import type { Terminal } from '../../core/terminal.js';
import type { ImageClassifier } from '../../models/image-classifier.js';
import { ConsoleLogger } from '../../run/console-logger.js';
import { RunFolder } from '../../run/run-folder.js';
import type { TrainingSettings } from '../../run/settings.js';
import type { Logger } from '../../train/logger.js';
import { wasStoppedByLogger } from '../../train/logger-group.js';
import { Trainer } from '../../train/trainer.js';
import { Interrupt } from '../interrupt.js';
import { commandLine, shown } from '../invocation.js';
import { buildModel } from './model.js';
import { fitOptions, trainerOptions } from './options.js';
import { type PreparedRun, prepareRun, type TrainFlags } from './prepare.js';
import { formatInterruption, formatResult, formatStart } from './summary.js';

export interface DashboardFlags {
  port: number;
  host: string;
}

export interface RunFlags {
  dashboard: DashboardFlags | null;
  /** Prints every setting at the start. */
  isVerbose: boolean;
}

interface Context extends RunFlags {
  terminal: Terminal;
  display: ProgressDisplay;
  interrupt: Interrupt;
}

/** @returns the exit status. */
export async function runTraining(terminal: Terminal, flags: TrainFlags, how: RunFlags): Promise<number> {
  const display = createProgressDisplay(terminal.stderr);
  const interrupt = new Interrupt(terminal.host, () =>
    display.line('Stopping after this step. Ctrl-C once more stops at once.'),
  );
  try {
    const prepared = await prepareRun(flags);
    for (const text of prepared.warnings) display.line(warning(text));
    try {
      const model = await buildModel(prepared).finally(() => prepared.weights?.file.close());
      try {
        return await train(prepared, model, { terminal, display, interrupt, ...how });
      } finally {
        model.dispose();
      }
    } finally {
      await prepared.checkpoint?.close();
    }
  } finally {
    display.close();
    interrupt.release();
  }
}

async function train(prepared: PreparedRun, model: ImageClassifier, context: Context): Promise<number> {
  const { dir, run, datasets, checkpoint, resumed } = prepared;
  const { display, interrupt, dashboard } = context;
  const trainer = new Trainer(model, trainerOptions(run.settings, datasets.train));
  const folder = new RunFolder(dir, {
    ...{ resume: resumed, dashboard: dashboard ?? false, weights: run.weights },
    settings: unseenSettings(run.settings),
    onWarning: (message) => display.line(message),
  });
  try {
    const { reason } = await trainer.fit(datasets.train, {
      ...fitOptions(run.settings, datasets),
      ...(checkpoint && { checkpoint }),
      logger: [interruption(dir, context), folder, summary(dir, folder, context), ConsoleLogger.on(display)],
      signal: interrupt.signal,
    });
    return reason === 'aborted' ? (interrupt.status ?? 0) : 0;
  } catch (error) {
    throw withAdvice(error, dir);
  } finally {
    trainer.dispose();
  }
}

/** What `fit` cannot see, or has in another form than the flags. */
function unseenSettings(settings: TrainingSettings): Partial<TrainingSettings> {
  const { initWeights, resetClassifier, validationSplit, maxPixels, autoOrient } = settings;
  const { classWeights, freeze } = settings;
  return { initWeights, resetClassifier, validationSplit, maxPixels, autoOrient, classWeights, freeze };
}

/** Says how to resume at once, before the last report is drawn. */
const interruption = (dir: string, { terminal, display }: Context): Logger => ({
  end: ({ reason, step }) => {
    if (reason !== 'aborted') return;
    display.close();
    terminal.log(formatInterruption(dir, step));
  },
});

/** What the run is about to do, and what it has left in its folder. */
function summary(dir: string, folder: RunFolder, { terminal, display, isVerbose }: Context): Logger {
  let stepsPerEpoch: number | null = null;
  return {
    start: (run) => {
      stepsPerEpoch = run.stepsPerEpoch;
      if (folder.description === null) return;
      const { state } = run.trainer;
      const resumedAt = run.checkpoint === null ? null : state;
      terminal.log(formatStart(dir, folder.description, resumedAt, isVerbose));
      if (folder.dashboardUrl !== null) display.line(`Dashboard: ${folder.dashboardUrl}`);
    },
    end: (result) => {
      display.close();
      if (result.reason !== 'aborted') terminal.log(formatResult(dir, result, folder.epochs, stepsPerEpoch));
    },
  };
}

function withAdvice(error: unknown, dir: string): unknown {
  if (!(error instanceof GoogLeNetError)) return error;
  const advice = adviceOn(error, dir);
  if (advice === null) return error;
  return new GoogLeNetError(error.code, `${error.message} ${advice}`, { cause: error });
}

function adviceOn(error: GoogLeNetError, dir: string): string | null {
  if (wasStoppedByLogger(error))
    return `Fix that, and resume with \`${commandLine(['train', '--resume', shown(dir)])}\`.`;
  if (error.code !== 'DIVERGED') return null;
  // A resumed run keeps its learning rate, so one that diverged begins again as a new run.
  const weights = `${dir}/checkpoints/step-….safetensors`;
  const command = commandLine(['train', '--lr', '…', '--weights', weights]);
  return `For that, start a new run with \`${command} …\`.`;
}
