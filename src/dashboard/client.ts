import type { ServerResponse } from 'node:http';

/** Bytes that may wait for a client before it is left out. */
const MAX_BACKLOG_BYTES = 2 ** 16;

/** One open page, and what it has not been told yet. */
export class Client {
  /** It needs all of the run anew: it is new itself, or updates were left out. */
  lacksRun = true;
  lacksValidation = true;
  readonly #response: ServerResponse;
  #behindSinceMs: number | null = null;

  /** @param onCaughtUp it was left out and has read now what there was. */
  constructor(response: ServerResponse, onCaughtUp: () => void) {
    this.#response = response;
    response.on('drain', () => {
      if (this.#behindSinceMs === null) return;
      this.#behindSinceMs = null;
      onCaughtUp();
    });
    // A page that is closed while it is written to is no failure; `close` follows.
    response.on('error', () => undefined);
  }

  /** For how long it has not caught up, by the clock of `performance.now`. */
  behindMs(nowMs: number): number {
    return this.#behindSinceMs === null ? 0 : nowMs - this.#behindSinceMs;
  }

  /**
   * @param message called where there is room for it.
   * @returns false where the client reads more slowly than it is written to: no memory piles up for it.
   */
  send(message: () => Uint8Array): boolean {
    if (this.#response.writableLength > MAX_BACKLOG_BYTES) {
      this.#behindSinceMs ??= performance.now();
      return false;
    }
    this.#response.write(message());
    return true;
  }

  end(): void {
    this.#response.end();
  }

  drop(): void {
    this.#response.destroy();
  }
}
