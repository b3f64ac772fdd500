import { onAbort } from '../core/abort.js';
import { GoogLeNetError } from '../core/errors.js';
import { invalid, itemsOf, object } from '../core/validation.js';
import type { FitEvent, FitResult } from './fit-events.js';
import type { Logger, RunStart } from './logger.js';

const METHODS = ['start', 'event', 'end', 'fail'] as const;

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function readLoggers(value: unknown): Logger[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? itemsOf(value) : [value]).map((one) => {
    const logger = object('logger', one) as Logger;
    for (const name of METHODS) {
      if (logger[name] !== undefined && typeof logger[name] !== 'function')
        throw invalid(`logger.${name}`, 'a function', logger[name]);
    }
    return logger;
  });
}

const stopped = new WeakSet<Error>();

/** Whether a run failed because a logger did, after it had written its checkpoint. */
export const wasStoppedByLogger = (error: unknown): boolean => error instanceof Error && stopped.has(error);

/** The loggers of one run: calls them in their order, and stops the run when one fails. */
export class LoggerGroup {
  /** Aborted by the caller's signal, or when a logger fails. Undefined without loggers and without a caller's signal. */
  readonly signal: AbortSignal | undefined;
  readonly #loggers: readonly Logger[];
  readonly #stop = new AbortController();
  readonly #release: () => void = () => undefined;
  readonly #started: Logger[] = [];
  readonly #failed = new Set<Logger>();
  #failure: GoogLeNetError | null = null;

  constructor(loggers: readonly Logger[], signal: AbortSignal | undefined) {
    this.#loggers = loggers;
    this.signal = loggers.length === 0 ? signal : this.#stop.signal;
    if (loggers.length === 0 || signal === undefined) return;
    // Not AbortSignal.any, which refuses signals of other libraries.
    if (signal.aborted) this.#stop.abort(signal.reason);
    else this.#release = onAbort(signal, () => this.#stop.abort(signal.reason));
  }

  /** @throws GoogLeNetError what a logger throws; those that have started are told. */
  async start(run: RunStart): Promise<void> {
    for (const logger of this.#loggers) {
      try {
        await logger.start?.(run);
        this.#started.push(logger);
      } catch (cause) {
        const error = typed(cause);
        this.#release();
        await this.#fail(error);
        throw error;
      }
    }
  }

  /** Passes the events of a run on, after the loggers have had them. */
  async *watch(events: AsyncGenerator<FitEvent, FitResult, void>): AsyncGenerator<FitEvent, FitResult, void> {
    let isOver = false;
    try {
      for (;;) {
        const { done, value } = await events.next();
        if (done) return value;
        if (value.type === 'end') {
          const { type: _, ...result } = value;
          if (this.#failure !== null) throw this.#explain(this.#failure, result);
          isOver = true;
          await this.#end(result);
        } else await this.#event(value);
        yield value;
      }
    } catch (error) {
      if (isOver) throw error;
      isOver = true;
      const whole = this.#withFirst(error);
      await this.#fail(whole);
      throw whole;
    } finally {
      this.#release();
      if (!isOver) {
        await events.return(undefined as never);
        await this.#fail(new GoogLeNetError('ABORTED', 'The loop over the events of the run was left.'));
      }
    }
  }

  async #event(event: FitEvent): Promise<void> {
    for (const logger of this.#started) {
      if (this.#failed.has(logger)) continue;
      try {
        await logger.event?.(event);
      } catch (error) {
        this.#failed.add(logger);
        this.#failure ??= typed(error);
        this.#stop.abort(this.#failure);
      }
    }
  }

  /** Tells all of them, whichever fails. */
  async #end(result: FitResult): Promise<void> {
    let failure: GoogLeNetError | null = null;
    for (const logger of this.#started) {
      try {
        await logger.end?.(result);
      } catch (error) {
        failure ??= typed(error);
      }
    }
    if (failure !== null) throw failure;
  }

  async #fail(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const logger of this.#started) {
      try {
        await logger.fail?.(reason);
      } catch {
        // The first error is the one that the caller gets.
      }
    }
  }

  #explain(failure: GoogLeNetError, { step, checkpoint }: FitResult): GoogLeNetError {
    if (checkpoint === null) return failure;
    const message = `${failure.message} The run stopped after step ${step} with the checkpoint ${checkpoint}.`;
    const error = new GoogLeNetError(failure.code, message, { cause: failure });
    stopped.add(error);
    return error;
  }

  /** A checkpoint that fails for the same reason as a logger must not hide what failed first. */
  #withFirst(error: unknown): unknown {
    const first = this.#failure;
    if (first === null || !(error instanceof GoogLeNetError)) return error;
    if (error === first || error.cause === first) return error;
    return new GoogLeNetError(first.code, `${first.message} ${error.message}`, { cause: error });
  }
}

function typed(error: unknown): GoogLeNetError {
  if (error instanceof GoogLeNetError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new GoogLeNetError('LOGGER_FAILED', `A logger of the run failed: ${message}`, { cause: error });
}
