/** Everything that a run writes down and shows while it goes on. */

import { warning } from '../../core/colors.js';
import type { ProgressDisplay } from '../../core/progress.js';
import { Dashboard } from '../../dashboard/dashboard.js';
import type { Dataset } from '../../data/dataset.js';
import { computeMetrics } from '../../inference/metrics.js';
import { bestEpoch } from '../../report/run-metrics.js';
import { type ReportFiles, writeReport } from '../../report/write-report.js';
import type { EpochRecord } from '../../run/records/records.js';
import { RunLog, type RunPosition, readRunRecords } from '../../run/records/run-log.js';
import { writeValidation } from '../../run/records/validation-record.js';
import { TensorBoardLog } from '../../run/tensorboard/tensorboard.js';
import { endedMidEpoch } from '../../train/epoch-end.js';
import type { EpochEvent, FitEvent, StepEvent } from '../../train/fit.js';
import { initialState, type TrainState } from '../../train/train-state.js';
import type { Trainer } from '../../train/trainer.js';
import type { Plan } from './plan.js';
import { epochRecord, stepRecord } from './records.js';
import { Redrawer } from './redrawer.js';
import { runFiles } from './run-folder.js';
import type { TrainSettings } from './settings.js';
import { validationRecord } from './validation-images.js';
import type { TrainingView } from './view.js';

export interface DashboardFlags {
  port: number;
  host: string;
}

interface Outputs {
  log: RunLog;
  tensorboard: TensorBoardLog;
  dashboard: Dashboard | null;
  report: Redrawer<ReportFiles>;
}

/** What stays in the log. An epoch that the number of steps cut short comes again, unless the run is to have no more. */
function positionOf(state: TrainState, { steps }: TrainSettings): RunPosition {
  const { epoch, globalStep: step } = state;
  const isOver = steps !== null && step >= steps && endedMidEpoch(state);
  return { step, epoch: isOver ? epoch + 1 : epoch };
}

export class Recorder {
  /** Those of the run so far. */
  readonly epochs: EpochRecord[];
  readonly #dir: string;
  /** In an epoch. */
  readonly #images: number;
  readonly #validation: Dataset | null;
  readonly #display: ProgressDisplay;
  readonly #outputs: Outputs;

  private constructor(
    { dir, datasets }: Plan,
    display: ProgressDisplay,
    outputs: Outputs,
    epochs: EpochRecord[],
  ) {
    this.#dir = dir;
    this.#images = datasets.train.length;
    this.#validation = datasets.validation;
    this.#display = display;
    this.#outputs = outputs;
    this.epochs = epochs;
  }

  /** @throws GoogLeNetError `FILE_ERROR`, `INVALID_RUN_LOG`, `ADDRESS_IN_USE`, … */
  static async open(
    plan: Plan,
    display: ProgressDisplay,
    dashboardAt: DashboardFlags | null,
  ): Promise<Recorder> {
    const { dir, run, checkpoint, resumed } = plan;
    const position = positionOf(checkpoint?.state ?? initialState, run.settings);
    const opened: { close(): Promise<void> }[] = [];
    try {
      const log = await RunLog.open(dir, { resume: resumed ? position : null });
      opened.push(log);
      const tensorboard = await TensorBoardLog.open(dir);
      opened.push(tensorboard);
      const dashboard = dashboardAt && (await Dashboard.open({ runDir: dir, ...dashboardAt }));
      if (dashboard) display.line(`Dashboard: ${dashboard.url}`);
      const report = new Redrawer(
        () => writeReport(dir),
        (error) => display.line(`Drawing the report failed: ${error.message}`),
      );
      const records = await readRunRecords(dir);
      const epochs = records.filter((record) => record.type === 'epoch');
      return new Recorder(plan, display, { log, tensorboard, dashboard, report }, epochs);
    } catch (error) {
      for (const one of opened) await one.close();
      throw error;
    }
  }

  /** Takes an event of the run, and shows it. */
  async take(event: FitEvent, trainer: Trainer, view: TrainingView): Promise<void> {
    if (event.type === 'step') {
      const { tally } = trainer.state;
      await this.#step(event);
      view.step(event, computeMetrics(tally, trainer.model.auxLogits), tally.count);
      this.#note('training', tally.count, this.#images, view);
    } else if (event.type === 'validation') {
      view.validated(event.done, event.total);
      this.#note('validation', event.done, event.total, view);
    } else if (event.type === 'epoch') {
      view.epoch(event);
      await this.#epoch(event, trainer);
    } else if (event.type === 'warning') {
      this.#display.line(warning(event.message));
    }
  }

  async #step(event: StepEvent): Promise<void> {
    const record = stepRecord(event);
    const { log, tensorboard, dashboard } = this.#outputs;
    dashboard?.publish(record);
    await log.append(record);
    await tensorboard.append(record);
  }

  async #epoch(event: EpochEvent, trainer: Trainer): Promise<void> {
    const record = epochRecord(event);
    const { log, tensorboard, dashboard, report } = this.#outputs;
    this.epochs.push(record);
    if (bestEpoch(this.epochs) === record) await trainer.saveWeights(runFiles(this.#dir).best);
    const found =
      event.validation &&
      this.#validation &&
      (await validationRecord(event, event.validation, this.#validation));
    if (found) await writeValidation(this.#dir, found);
    await log.append(record);
    await tensorboard.append(record);
    dashboard?.publish(record);
    if (found) dashboard?.publishValidation(found);
    report.request();
  }

  #note(phase: 'training' | 'validation', done: number, total: number, { secondsLeft }: TrainingView): void {
    this.#outputs.dashboard?.publish({ type: 'progress', phase, done, total, secondsLeft });
  }

  /** Draws the last state. @throws GoogLeNetError `FILE_ERROR`, `INVALID_RUN_LOG`, … */
  finish(): Promise<ReportFiles> {
    return this.#outputs.report.finish();
  }

  /** Says how the run ended, to those who watch it. */
  ended(how: 'completed' | 'interrupted' | 'failed', message: string | null = null): void {
    this.#outputs.dashboard?.end(how, message);
  }

  async close(): Promise<void> {
    const { log, tensorboard, dashboard, report } = this.#outputs;
    await report.settled();
    await dashboard?.close();
    await tensorboard.close();
    await log.close();
  }
}
