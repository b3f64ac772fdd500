import type { ServerResponse } from 'node:http';
import { Client } from './client.js';
import type { Validation } from './protocol.js';
import type { RunState } from './run-state.js';

export interface EventStreamLimits {
  /** Pages that may be open at the same time. */
  maxClients: number;
  /** Time between two updates. */
  intervalMs: number;
  /** Time between two heartbeats. */
  heartbeatMs: number;
  /** A client that has not caught up for this long is disconnected. */
  maxLagMs: number;
}

const LIMITS: EventStreamLimits = { maxClients: 32, intervalMs: 200, heartbeatMs: 10_000, maxLagMs: 60_000 };

/** Sends server-sent events to all open pages. Builds each message once for all of them, and none if no page is open. */
export class EventStream {
  readonly #run: RunState;
  readonly #limits: EventStreamLimits;
  readonly #clients = new Set<Client>();
  readonly #heartbeat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | null = null;
  #updatedAtMs = -Infinity;
  #id = 0;
  /** The snapshot for every page, until something changes. */
  #snapshot: Buffer | null = null;
  #validation: { of: Validation; message: Buffer } | null = null;

  constructor(run: RunState, limits: Partial<EventStreamLimits> = {}) {
    this.#run = run;
    this.#limits = { ...LIMITS, ...limits };
    this.#heartbeat = setInterval(() => this.#onHeartbeat(), this.#limits.heartbeatMs).unref();
  }

  /** @returns false where too many pages are open. */
  connect(response: ServerResponse): boolean {
    if (this.#clients.size >= this.#limits.maxClients) return false;
    // No other request follows on this connection, so it may end with the response.
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', Connection: 'close' });
    response.write('retry: 1000\n\n');
    const client = new Client(response, () => this.#catchUp(client));
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
    this.#catchUp(client);
    return true;
  }

  /** The run has changed: pages get an update at the end of the interval, with all changes until then. */
  notifyChange(): void {
    this.#snapshot = null;
    if (this.#timer !== null) return;
    const waitMs = Math.max(0, this.#updatedAtMs + this.#limits.intervalMs - performance.now());
    this.#timer = setTimeout(() => this.flush(), waitMs).unref();
  }

  /** The run has a new validation. */
  notifyValidation(): void {
    for (const client of this.#clients) {
      client.needsValidation = true;
      this.#catchUp(client);
    }
  }

  /** Sends the changes now. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#updatedAtMs = performance.now();
    // Takes the changes even if no page is open: they would accumulate.
    const update = this.#run.update();
    if (this.#clients.size === 0) return;
    const message = update && this.#message('update', update);
    for (const client of this.#clients) {
      if (message === null || client.needsSnapshot || !client.send(() => message))
        client.needsSnapshot = true;
      this.#catchUp(client);
    }
  }

  /** Ends every connection after sending what waits. */
  close(): void {
    clearInterval(this.#heartbeat);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const client of this.#clients) client.end();
  }

  /** Sends one large message at a time: the next one waits until the client has read it. */
  #catchUp(client: Client): void {
    if (client.needsSnapshot) client.needsSnapshot = !client.send(() => this.#snapshotMessage());
    const { validation } = this.#run;
    if (client.needsSnapshot || !client.needsValidation || validation === null) return;
    client.needsValidation = !client.send(() => this.#validationMessage(validation));
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

  /** An event and not a comment, so that the page notices when it is missing: a lost connection may stay open. */
  #onHeartbeat(): void {
    const heartbeat = this.#message('heartbeat', null);
    const nowMs = performance.now();
    for (const client of this.#clients) {
      client.send(() => heartbeat);
      if (client.lagMs(nowMs) > this.#limits.maxLagMs) client.drop();
    }
  }

  #message(event: string, data: unknown): Buffer {
    this.#id++;
    return Buffer.from(`id: ${this.#id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
