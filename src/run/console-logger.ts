import { warning } from '../core/colors.js';
import { formatDuration, formatPercent } from '../core/format.js';
import { createProgressDisplay, type ProgressDisplay } from '../core/progress.js';
import { type OutputStream, Screen } from '../core/terminal.js';
import { object, readOptions } from '../core/validation.js';
import { computeMetrics, type Metrics } from '../inference/metrics.js';
import type { EpochEvent, FitEvent, StepEvent } from '../train/fit-events.js';
import type { Logger, RunStart } from '../train/logger.js';
import type { ValidationEvent } from '../train/validation.js';
import { TimeEstimate } from './time-estimate.js';

export interface ConsoleLoggerOptions {
  /** Where to print. Default `process.stderr`. */
  stream?: OutputStream;
}

const metricTexts = ({ loss, top1 }: Metrics): string[] => [
  `loss ${loss.toFixed(4)}`,
  `top-1 ${formatPercent(top1)}`,
];

const formatMetrics = (metrics: Metrics): string => metricTexts(metrics).join('  ');

/** Shows a run on the terminal: one progress line, a line for each epoch and each warning. Without a terminal: a line now and then. */
export class ConsoleLogger implements Logger {
  readonly #display: ProgressDisplay;
  readonly #screen: Screen | null;
  readonly #clock: (() => number) | undefined;
  #run: RunStart | null = null;
  #estimate: TimeEstimate | null = null;

  /** @throws GoogLeNetError `INVALID_ARGUMENT` */
  constructor(options: ConsoleLoggerOptions = {}) {
    const { stream, display, clock } = readOptions('options', options, ['stream', 'display', 'clock']) as {
      stream?: OutputStream;
      display?: ProgressDisplay;
      clock?: () => number;
    };
    if (stream !== undefined) object('stream', stream);
    this.#screen = display === undefined ? new Screen(stream ?? process.stderr) : null;
    this.#display = display ?? createProgressDisplay(this.#screen as Screen);
    this.#clock = clock;
  }

  /** @internal On a display that others print to as well. */
  static on(display: ProgressDisplay, clock?: () => number): ConsoleLogger {
    return new ConsoleLogger({ display, ...(clock && { clock }) } as ConsoleLoggerOptions);
  }

  start(run: RunStart): void {
    this.#run = run;
    this.#estimate = new TimeEstimate(run, this.#clock);
  }

  event(event: FitEvent): void {
    if (event.type === 'step') this.#step(event);
    else if (event.type === 'validation') this.#validated(event);
    else if (event.type === 'epoch') this.#epoch(event);
    else if (event.type === 'warning') this.#display.line(warning(event.message));
  }

  async end(): Promise<void> {
    this.#display.close();
    await this.#screen?.close();
  }

  fail(): Promise<void> {
    return this.end();
  }

  #step(event: StepEvent): void {
    const [run, estimate] = [this.#run, this.#estimate];
    if (run === null || estimate === null) return;
    const { metrics } = run.trainer.state;
    estimate.step(event, metrics.count);
    const soFar = computeMetrics(metrics, run.trainer.model.auxLogits);
    const details = [...metricTexts(soFar), `${estimate.imagesPerSecond.toFixed(1)} images/s`];
    this.#update('', metrics.count, estimate.shape.trainImages, details);
  }

  #validated({ done, total }: ValidationEvent): void {
    this.#estimate?.validated({ done });
    this.#update(' validation', done, total, []);
  }

  #update(what: string, done: number, total: number | null, details: readonly string[]): void {
    const secondsLeft = this.#estimate?.secondsLeft ?? null;
    this.#display.update({
      ...{ label: `${this.#label(this.#estimate?.epoch ?? 1)}${what}`, done, total, details },
      ...(secondsLeft !== null && { timeLeft: `${formatDuration(secondsLeft)} left` }),
    });
  }

  #epoch(event: EpochEvent): void {
    const { train, validation, seconds } = event;
    const parts = [`train ${formatMetrics(train)}`];
    if (validation) parts.push(`validation ${formatMetrics(validation)}`);
    parts.push(`lr ${event.lr.toPrecision(4)}`, formatDuration(seconds));
    this.#display.line(`${this.#label(event.epoch)}  ${parts.join('   ')}`);
  }

  #label(epoch: number): string {
    const { epochs } = this.#estimate?.shape ?? { epochs: null };
    return epochs === null ? `epoch ${epoch}` : `epoch ${epoch}/${epochs}`;
  }
}
