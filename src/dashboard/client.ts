import type { ServerResponse } from 'node:http';

/** Bytes that may wait for a client; with more, updates skip it. */
const MAX_BACKLOG_BYTES = 2 ** 16;

/** One open page, and what the server still owes it. */
export class Client {
  /** The page needs the whole run: it has just connected, or updates have skipped it. */
  needsSnapshot = true;
  needsValidation = true;
  readonly #response: ServerResponse;
  #laggingSinceMs: number | null = null;

  /** @param onCaughtUp called when a client that updates have skipped has read everything. */
  constructor(response: ServerResponse, onCaughtUp: () => void) {
    this.#response = response;
    response.on('drain', () => {
      if (this.#laggingSinceMs === null) return;
      this.#laggingSinceMs = null;
      onCaughtUp();
    });
    // A page may close during a write; `close` follows.
    response.on('error', () => undefined);
  }

  /** How long the client has not caught up. @param nowMs as `performance.now` gives it. */
  lagMs(nowMs: number): number {
    return this.#laggingSinceMs === null ? 0 : nowMs - this.#laggingSinceMs;
  }

  /**
   * @param message called only if the client gets it.
   * @returns false where too many bytes wait for a slow client, so that its memory stays bounded.
   */
  send(message: () => Uint8Array): boolean {
    if (this.#response.writableLength > MAX_BACKLOG_BYTES) {
      this.#laggingSinceMs ??= performance.now();
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
