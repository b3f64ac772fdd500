import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import { basename, resolve } from 'node:path';
import { fromFileError, GoogLeNetError } from '../core/errors.js';
import { boolean, integer, readOptions, path as readPath, signal, string } from '../core/validation.js';
import type { RunRecord } from '../run/records/records.js';
import type { ValidationRecord } from '../run/records/validation-record.js';
import { EventStream } from './event-stream.js';
import { Follower } from './follower.js';
import { urlOf } from './guard.js';
import type { PhaseProgress, Status } from './protocol.js';
import { RunState } from './run-state.js';
import { createDashboardServer, listen } from './server.js';

export type { PhaseProgress } from './protocol.js';

export interface DashboardOptions {
  /** The folder of the run; the page shows what it already holds. */
  runDir: string;
  /**
   * The address to listen on. Default `127.0.0.1`, which other machines cannot reach. At another address everyone who reaches the port
   * sees the run, under this name, the machine's name, or an address in digits.
   */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Closes the dashboard. */
  signal?: AbortSignal;
  /** Show what another process writes to the folder, instead of what this one publishes. Default false. */
  follow?: boolean;
  /** Keep the process alive until `close`. Default false: a program without other work exits. */
  keepProcess?: boolean;
}

export type EndReason = Exclude<Status['state'], 'running'>;

/** Time for pages to receive the last messages. */
const CLOSE_MS = 500;

interface Parts {
  url: string;
  run: RunState;
  eventStream: EventStream;
  follower: Follower;
  server: Server;
  stop: AbortSignal | undefined;
}

/** The live page of one run, on its own web server. */
export class Dashboard {
  readonly #parts: Parts;
  #closed: Promise<void> | null = null;

  private constructor(parts: Parts) {
    this.#parts = parts;
    parts.stop?.addEventListener('abort', this.#onAbort);
  }

  /**
   * Starts the server. Training opens its log first, because that removes the records which a resumed run repeats.
   * @throws GoogLeNetError `ADDRESS_IN_USE`, `INVALID_ARGUMENT`, `INVALID_RUN_LOG`, `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED`
   */
  static async open(options: DashboardOptions): Promise<Dashboard> {
    const { runDir, host, port, stop, follow, keepProcess } = readDashboardOptions(options);
    await assertFolder(runDir);
    const run = new RunState(basename(resolve(runDir)));
    const eventStream = new EventStream(run);
    const follower = new Follower(runDir, run, eventStream);
    const state = () => ({ ...run.snapshot(), validation: run.validation });
    const server = createDashboardServer(host, { eventStream, state });
    try {
      await follower.read();
      if (follow && run.isEmpty) throw noRun(runDir);
      const url = urlOf(host, await listen(server, host, port));
      if (stop?.aborted) throw new GoogLeNetError('ABORTED', 'The dashboard was stopped before it started.');
      if (!keepProcess) server.unref().on('connection', (socket) => socket.unref());
      if (follow) follower.start();
      return new Dashboard({ url, run, eventStream, follower, server, stop });
    } catch (error) {
      server.close();
      eventStream.close();
      throw error;
    }
  }

  get url(): string {
    return this.#parts.url;
  }

  /** Shows a record, or the progress within an epoch. Takes microseconds, however many pages are open. */
  publish(event: RunRecord | PhaseProgress): void {
    const { run, eventStream } = this.#parts;
    if (event.type === 'progress') run.setPhaseProgress(event);
    else run.apply(event);
    eventStream.notifyChange();
  }

  /** Shows the images and the confusion matrix of a validation. */
  publishValidation(record: ValidationRecord): void {
    const { run, eventStream } = this.#parts;
    run.setValidation(record);
    eventStream.notifyValidation();
  }

  /**
   * Shows how the run ended; the page stays until `close`.
   * @param message why, if there is more to say.
   */
  end(reason: EndReason, message: string | null = null): void {
    const { run, eventStream } = this.#parts;
    run.status = { state: reason, message };
    eventStream.flush();
  }

  /** Ends all connections within half a second. Open pages keep their content. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { eventStream, follower, server, stop } = this.#parts;
    stop?.removeEventListener('abort', this.#onAbort);
    follower.stop();
    const closed = once(server, 'close');
    server.close();
    eventStream.close();
    // Without `unref`, because the caller of `close` waits for it.
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    await closed;
    clearTimeout(timer);
  }

  readonly #onAbort = (): void => {
    this.close();
  };
}

function readDashboardOptions(options: DashboardOptions) {
  const known = ['runDir', 'host', 'port', 'signal', 'follow', 'keepProcess'] as const;
  const read = readOptions('options', options, known);
  return {
    runDir: readPath('runDir', read.runDir),
    host: string('host', read.host ?? '127.0.0.1'),
    port: integer('port', read.port ?? 0, 0, 65_535),
    stop: signal('signal', read.signal),
    follow: boolean('follow', read.follow ?? false),
    keepProcess: boolean('keepProcess', read.keepProcess ?? false),
  };
}

async function assertFolder(runDir: string): Promise<void> {
  const found = await stat(runDir).catch((error) => {
    throw fromFileError(error, 'read', runDir);
  });
  if (!found.isDirectory()) throw noRun(runDir);
}

const noRun = (runDir: string) =>
  new GoogLeNetError(
    'FILE_NOT_FOUND',
    `${runDir} holds no run: it has neither settings.json nor metrics.jsonl. Give the folder that was --out.`,
  );
