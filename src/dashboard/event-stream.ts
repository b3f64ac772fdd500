import type { ServerResponse } from 'node:http';
import { Client } from './client.js';
import type { Validation } from './protocol.js';
import type { RunState } from './run-state.js';

export interface FeedLimits {
  /** Pages that may be open at once. */
  clients: number;
  /** Between two updates. */
  intervalMs: number;
  /** Between two signs of life. */
  beatMs: number;
  /** How long a client may not catch up before it is dropped. */
  behindMs: number;
}

const LIMITS: FeedLimits = { clients: 32, intervalMs: 200, beatMs: 10_000, behindMs: 60_000 };

/** Server-sent events to all open pages. Each message is made once for all of them, and none where nobody looks. */
export class Feed {
  readonly #run: RunState;
  readonly #limits: FeedLimits;
  readonly #clients = new Set<Client>();
  readonly #beat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #updatedAtMs = -Infinity;
  #id = 0;
  /** The same for every page, until something changes. */
  #snapshot: Buffer | null = null;
  #validation: { of: Validation; message: Buffer } | null = null;

  constructor(run: RunState, limits: Partial<FeedLimits> = {}) {
    this.#run = run;
    this.#limits = { ...LIMITS, ...limits };
    this.#beat = setInterval(() => this.#onBeat(), this.#limits.beatMs).unref();
  }

  /** @returns false where too many pages are open. */
  connect(response: ServerResponse): boolean {
    if (this.#clients.size >= this.#limits.clients) return false;
    // Nothing else is asked on this connection, so that it ends with the answer.
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', Connection: 'close' });
    response.write('retry: 1000\n\n');
    const client = new Client(response, () => this.#catchUp(client));
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
    this.#catchUp(client);
    return true;
  }

  /** Something is new: it is told at the end of the interval, together with what is new until then. */
  changed(): void {
    this.#snapshot = null;
    if (this.#timer !== null) return;
    const waitMs = Math.max(0, this.#updatedAtMs + this.#limits.intervalMs - performance.now());
    this.#timer = setTimeout(() => this.flush(), waitMs).unref();
  }

  /** The run has been validated once more. */
  validated(): void {
    for (const client of this.#clients) {
      client.lacksValidation = true;
      this.#catchUp(client);
    }
  }

  /** Tells at once what is new. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#updatedAtMs = performance.now();
    // Also where nobody looks: what is new would pile up.
    const update = this.#run.update();
    if (this.#clients.size === 0) return;
    const message = update && this.#message('update', update);
    for (const client of this.#clients) {
      if (message === null || client.lacksRun || !client.send(() => message)) client.lacksRun = true;
      this.#catchUp(client);
    }
  }

  /** Ends every connection; what waits is still sent. */
  close(): void {
    clearInterval(this.#beat);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const client of this.#clients) client.end();
  }

  /** A large message at a time: where it has not been read, the next one waits. */
  #catchUp(client: Client): void {
    if (client.lacksRun) client.lacksRun = !client.send(() => this.#snapshotMessage());
    const { validation } = this.#run;
    if (client.lacksRun || !client.lacksValidation || validation === null) return;
    client.lacksValidation = !client.send(() => this.#validationMessage(validation));
  }

  #snapshotMessage(): Buffer {
    this.#snapshot ??= this.#message('snapshot', this.#run.snapshot());
    return this.#snapshot;
  }

  #validationMessage(validation: Validation): Buffer {
    if (this.#validation?.of !== validation) {
      this.#validation = { of: validation, message: this.#message('validation', validation) };
    }
    return this.#validation.message;
  }

  /** An event and not a comment, so that the page notices its absence: a lost connection need not be a closed one. */
  #onBeat(): void {
    const beat = this.#message('beat', null);
    const nowMs = performance.now();
    for (const client of this.#clients) {
      client.send(() => beat);
      if (client.behindMs(nowMs) > this.#limits.behindMs) client.drop();
    }
  }

  #message(event: string, data: unknown): Buffer {
    this.#id++;
    return Buffer.from(`id: ${this.#id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
