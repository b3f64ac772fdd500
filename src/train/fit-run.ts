import { GoogLeNetError } from '../core/errors.js';
import type { FitEvent, FitResult } from './fit-events.js';

type Outcome = { result: FitResult } | { error: unknown };

/**
 * A run of `trainer.fit`: a generator of its events, and a promise of its result for those who want no events. Nothing starts before the
 * first `next()` or `await`. Awaiting takes the events that are left; after the run it gives the result, or the error, again.
 */
export class FitRun implements AsyncGenerator<FitEvent, FitResult, void>, PromiseLike<FitResult> {
  readonly #events: AsyncGenerator<FitEvent, FitResult, void>;
  #outcome: Outcome | null = null;
  /** Made when somebody awaits it, so that an error which the loop has thrown is no unhandled rejection as well. */
  #result: Promise<FitResult> | null = null;

  /** @internal */
  constructor(events: AsyncGenerator<FitEvent, FitResult, void>) {
    this.#events = events;
  }

  async next(): Promise<IteratorResult<FitEvent, FitResult>> {
    try {
      const item = await this.#events.next();
      if (item.done) this.#outcome ??= { result: item.value };
      return item;
    } catch (error) {
      this.#outcome ??= { error };
      throw error;
    }
  }

  /** Leaves the run: the step under way is the last one, and no checkpoint is written. */
  async return(value: FitResult | PromiseLike<FitResult>): Promise<IteratorResult<FitEvent, FitResult>> {
    this.#outcome ??= { error: new GoogLeNetError('ABORTED', 'The loop over this run was left.') };
    return this.#events.return(value);
  }

  async throw(error: unknown): Promise<IteratorResult<FitEvent, FitResult>> {
    this.#outcome ??= { error };
    return this.#events.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return(undefined as never);
  }

  // biome-ignore lint/suspicious/noThenProperty: `await trainer.fit(…)` is for those who want no events.
  then<A = FitResult, B = never>(
    onResult?: ((result: FitResult) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#result ??= this.#finish();
    return this.#result.then(onResult, onError);
  }

  async #finish(): Promise<FitResult> {
    // What it throws is in the outcome.
    while (this.#outcome === null) await this.next().catch(() => undefined);
    if ('error' in this.#outcome) throw this.#outcome.error;
    return this.#outcome.result;
  }
}
