import type { Dataset } from '../data/dataset.js';
import type { TrainingSource } from './datasets.js';
import type { FitEvent, FitResult } from './fit-events.js';
import type { RunTrainer } from './run-trainer.js';

/** Every setting of a run by its name in TypeScript and in settings.json, as plain JSON. */
export type ResolvedSettings = Readonly<Record<string, unknown>>;

/** A run at its start. */
export interface RunStart {
  /** `trainer.state` is where the run starts; `trainer.model` is the model. */
  readonly trainer: RunTrainer;
  readonly source: TrainingSource;
  readonly validation: Dataset | null;
  /** Images and steps of an epoch; null for a stream that does not say. */
  readonly images: number | null;
  readonly stepsPerEpoch: number | null;
  /** Every setting of the run, defaults included. */
  readonly settings: ResolvedSettings;
  /** The checkpoint that the run resumed from; null for a new run. */
  readonly checkpoint: string | null;
}

/**
 * What records or shows a run: `trainer.fit(data, { epochs: 5, logger })`. Every method is optional and may be asynchronous; the run
 * waits for it. After `start` comes exactly one of `end` and `fail`, which is the last call.
 *
 * ```ts
 * const logger: Logger = {
 *   event(event) {
 *     if (event.type === 'epoch') console.log(event.epoch, event.train.loss, event.validation?.top1);
 *   },
 * };
 * ```
 *
 * A logger that throws gets no more events. The run then stops after its step with a checkpoint, where it has a folder for one, and fails
 * with the logger's `GoogLeNetError`; any other error becomes one with the code `LOGGER_FAILED`.
 */
export interface Logger {
  /** Where the run's checkpoints go, if `fit` gets no `checkpointDir`. */
  readonly checkpointDir?: string | undefined;
  /** What the run resumes from, if `fit` gets no `resume`. */
  readonly resume?: string | undefined;
  /** Before the first step. If it throws, the run does not start. */
  start?(run: RunStart): void | Promise<void>;
  /** Each event but `end`. */
  event?(event: FitEvent): void | Promise<void>;
  /** The run has completed, or its signal has stopped it; the model has its final weights. */
  end?(result: FitResult): void | Promise<void>;
  /** The run has failed, or its loop was left (`ABORTED`). What this throws is ignored: the first error is the one that counts. */
  fail?(error: Error): void | Promise<void>;
}
