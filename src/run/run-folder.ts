import { resolve } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { makeFolder } from '../core/files/make-folder.js';
import { boolean, callback, object, readOptions, path as readPath } from '../core/validation.js';
import type { Dashboard, DashboardOptions } from '../dashboard/dashboard.js';
import { bestEpoch } from '../report/run-metrics.js';
import { type ReportFiles, writeReport } from '../report/write-report.js';
import { endedMidEpoch } from '../train/epoch-end.js';
import type { EpochEvent, FitEvent, FitResult, StepEvent } from '../train/fit-events.js';
import { lockFolder, type Unlock } from '../train/folder-lock.js';
import type { Logger, RunStart } from '../train/logger.js';
import { epochRecord, stepRecord } from './event-records.js';
import type { EpochRecord } from './records/records.js';
import { type ResumePoint, RunLog, readRunRecords } from './records/run-log.js';
import { writeValidation } from './records/validation-record.js';
import { Redrawer } from './redrawer.js';
import { assertSameRun, describeRun, type RunDescription, readRun, writeRun } from './run-description.js';
import { holdsRun, removeUnfinishedFiles, runFiles } from './run-files.js';
import type { TrainingSettings } from './settings.js';
import type { TensorBoardLog } from './tensorboard/tensorboard.js';
import { TimeEstimate } from './time-estimate.js';
import { validationRecord } from './validation-images.js';

export interface RunFolderOptions {
  /** Resumes the run in the folder, from its newest whole checkpoint. Default false: the folder must not hold a run. */
  resume?: boolean;
  /** Shows the run live on a local page (`dashboardUrl`). Default false. */
  dashboard?: boolean | { host?: string; port?: number };
  /** Writes events.out.tfevents.… for TensorBoard. Default true. */
  tensorboard?: boolean;
  /** Draws report.html and the curves after each epoch and at the end. Default true. */
  report?: boolean;
  /** What settings.json shall say of that which `fit` cannot see: e.g. `{ initWeights: true }`. */
  settings?: Partial<TrainingSettings>;
  /** The file that the model's weights came from, for settings.json. */
  weights?: string | null;
  /** Hears of what goes wrong and does not stop the run. Default: `process.emitWarning`. */
  onWarning?: (message: string) => void;
}

const KNOWN = ['resume', 'dashboard', 'tensorboard', 'report', 'settings', 'weights', 'onWarning'] as const;

/** What a run has open. */
interface Outputs {
  run: RunStart;
  log: RunLog;
  tensorboard: TensorBoardLog | null;
  dashboard: Dashboard | null;
  report: Redrawer<ReportFiles> | null;
  estimate: TimeEstimate;
  unlock: Unlock;
}

/**
 * The folder of a run, as `googlenet train` leaves it: settings.json, metrics.jsonl, checkpoints/, best.safetensors, validation.json,
 * TensorBoard's events, report.html with curves and, at the end, model.safetensors. One process at a time works in it.
 */
export class RunFolder implements Logger {
  readonly dir: string;
  readonly checkpointDir: string;
  readonly resume: string | undefined;
  /** The run's epochs so far, those before an interruption included. */
  readonly epochs: EpochRecord[] = [];
  readonly #options: RunFolderOptions;
  #description: RunDescription | null = null;
  #outputs: Outputs | null = null;

  /** @throws GoogLeNetError `INVALID_ARGUMENT` */
  constructor(dir: string, options: RunFolderOptions = {}) {
    // Absolute: the program may change its working directory during the run.
    this.dir = resolve(readPath('dir', dir));
    const read = readOptions('options', options, KNOWN) as RunFolderOptions;
    for (const name of ['resume', 'tensorboard', 'report'] as const) boolean(name, read[name] ?? false);
    if (typeof read.dashboard !== 'boolean') object('dashboard', read.dashboard ?? {});
    object('settings', read.settings ?? {});
    callback('onWarning', read.onWarning);
    this.#options = { ...read };
    this.checkpointDir = runFiles(this.dir).checkpoints;
    this.resume = read.resume ? 'auto' : undefined;
  }

  /** The folder of a run that is to be resumed. */
  static resume(dir: string, options: Omit<RunFolderOptions, 'resume'> = {}): RunFolder {
    return new RunFolder(dir, { ...options, resume: true });
  }

  /** The live page, while the run has one. */
  get dashboardUrl(): string | null {
    return this.#outputs?.dashboard?.url ?? null;
  }

  /** What settings.json says; null before the run starts. */
  get description(): RunDescription | null {
    return this.#description;
  }

  /**
   * @throws GoogLeNetError `INVALID_ARGUMENT` where another process works in the folder, where it holds a run already, or where a resumed
   * run has other settings; `FILE_ERROR`, `INVALID_RUN_LOG`, `ADDRESS_IN_USE`, …
   */
  async start(run: RunStart): Promise<void> {
    const { dir } = this;
    await makeFolder(dir);
    const unlock = await lockFolder(dir, 'training');
    try {
      // Nothing is written, and nothing removed, before other processes are kept out.
      this.#description = await this.#describe(run);
      await writeRun(dir, this.#description);
      this.#outputs = await this.#open(run, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  async #describe(run: RunStart): Promise<RunDescription> {
    const { settings, weights } = this.#options;
    if (!this.#options.resume) {
      if (await holdsRun(this.dir)) {
        const fix = `Resume it with RunFolder.resume('${this.dir}'), or choose another folder`;
        throw new GoogLeNetError('INVALID_ARGUMENT', `${this.dir} holds a run already. ${fix}.`);
      }
      return describeRun(run, { settings, weights });
    }
    await removeUnfinishedFiles(this.dir);
    const before = await readRun(this.dir);
    const { initWeights, resetClassifier, validationSplit } = before.settings;
    const unseen = { initWeights, resetClassifier, validationSplit, ...settings };
    const now = describeRun(run, { settings: unseen, weights: before.weights });
    assertSameRun(before, now);
    return now;
  }

  async #open(run: RunStart, unlock: Unlock): Promise<Outputs> {
    const { dir } = this;
    const { dashboard = false, tensorboard = true, report = true, resume = false } = this.#options;
    const opened: { close(): Promise<void> }[] = [];
    try {
      const log = await RunLog.open(dir, { resume: resume ? resumePoint(run) : null });
      opened.push(log);
      const events = tensorboard ? await openEvents(dir) : null;
      if (events) opened.push(events);
      const address = typeof dashboard === 'object' ? dashboard : {};
      const page = dashboard === false ? null : await openDashboard({ runDir: dir, ...address });
      if (page) opened.push(page);
      const records = await readRunRecords(dir);
      this.epochs.splice(0, Infinity, ...records.filter((record) => record.type === 'epoch'));
      const redrawer = new Redrawer(
        () => writeReport(dir),
        ({ message }) => this.#warn(`Drawing the report failed: ${message}`),
      );
      return {
        ...{ run, log, tensorboard: events, dashboard: page, unlock, estimate: new TimeEstimate(run) },
        report: report ? redrawer : null,
      };
    } catch (error) {
      for (const one of opened) await one.close();
      throw error;
    }
  }

  async event(event: FitEvent): Promise<void> {
    const outputs = this.#outputs;
    if (outputs === null) return;
    if (event.type === 'step') await this.#step(event, outputs);
    else if (event.type === 'epoch') await this.#epoch(event, outputs);
    else if (event.type === 'validation') {
      outputs.estimate.validated(event);
      this.#note('validation', event.done, event.total, outputs);
    }
  }

  async #step(event: StepEvent, outputs: Outputs): Promise<void> {
    const record = stepRecord(event);
    const { run, log, tensorboard, dashboard, estimate } = outputs;
    dashboard?.publish(record);
    await log.append(record);
    await tensorboard?.append(record);
    const { count } = run.trainer.state.metrics;
    estimate.step(event, count);
    if (run.images !== null) this.#note('training', count, run.images, outputs);
  }

  async #epoch(event: EpochEvent, outputs: Outputs): Promise<void> {
    const record = epochRecord(event);
    const { run, log, tensorboard, dashboard, report } = outputs;
    this.epochs.push(record);
    if (bestEpoch(this.epochs) === record) await run.trainer.saveWeights(runFiles(this.dir).best);
    const { validation } = event;
    const found = validation && run.validation && (await validationRecord(event, validation, run.validation));
    if (found) await writeValidation(this.dir, found);
    await log.append(record);
    await tensorboard?.append(record);
    dashboard?.publish(record);
    if (found) dashboard?.publishValidation(found);
    report?.request();
  }

  #note(phase: 'training' | 'validation', done: number, total: number, outputs: Outputs): void {
    const { secondsLeft } = outputs.estimate;
    outputs.dashboard?.publish({ type: 'progress', phase, done, total, secondsLeft: secondsLeft ?? 0 });
  }

  /** @throws GoogLeNetError `FILE_ERROR`, `INVALID_RUN_LOG`, … */
  async end({ reason }: FitResult): Promise<void> {
    const outputs = this.#outputs;
    if (outputs === null) return;
    const isComplete = reason !== 'aborted';
    try {
      if (isComplete) await outputs.run.trainer.model.save(runFiles(this.dir).model);
      outputs.dashboard?.end(isComplete ? 'completed' : 'interrupted', null);
      await outputs.report?.finish();
    } catch (error) {
      outputs.dashboard?.end('failed', (error as Error).message);
      throw error;
    } finally {
      await this.#close(outputs);
    }
  }

  async fail(error: Error): Promise<void> {
    const outputs = this.#outputs;
    if (outputs === null) return;
    const wasLeft = error instanceof GoogLeNetError && error.code === 'ABORTED';
    outputs.dashboard?.end(wasLeft ? 'interrupted' : 'failed', wasLeft ? null : error.message);
    await this.#close(outputs);
  }

  async #close({ log, tensorboard, dashboard, report, unlock }: Outputs): Promise<void> {
    this.#outputs = null;
    try {
      await report?.settled();
      await dashboard?.close();
      await tensorboard?.close();
      await log.close();
    } finally {
      await unlock();
    }
  }

  #warn(message: string): void {
    const { onWarning } = this.#options;
    if (onWarning) onWarning(message);
    else process.emitWarning(message);
  }
}

/** What stays in the log. An epoch that `steps` cut short comes again, unless the run is to have no more steps. */
function resumePoint({ trainer: { state }, settings }: RunStart): ResumePoint {
  const { epoch, globalStep: step } = state;
  const { steps } = settings;
  const isOver = typeof steps === 'number' && step >= steps && endedMidEpoch(state);
  return { step, epoch: isOver ? epoch + 1 : epoch };
}

// Loaded when a run wants them: most programs that import the package do not train.
async function openEvents(dir: string): Promise<TensorBoardLog> {
  const { TensorBoardLog } = await import('./tensorboard/tensorboard.js');
  return TensorBoardLog.open(dir);
}

async function openDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { Dashboard } = await import('../dashboard/dashboard.js');
  return Dashboard.open(options);
}
