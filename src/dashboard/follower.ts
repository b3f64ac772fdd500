import type { EventStream } from './event-stream.js';
import type { Status } from './protocol.js';
import { RunFiles } from './run-files.js';
import type { RunState } from './run-state.js';

/** Time between two reads of the folder. */
const POLL_MS = 500;
/** A run without a record for this long has probably been stopped; the validation of an epoch may take minutes. */
const SILENT_MINUTES = 10;

/** Shows the folder of a run, and what another process adds to it. */
export class Follower {
  readonly #run: RunState;
  readonly #eventStream: EventStream;
  readonly #files: RunFiles;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(runDir: string, run: RunState, eventStream: EventStream) {
    this.#run = run;
    this.#eventStream = eventStream;
    this.#files = new RunFiles(runDir, {
      onSettings: (settings) => this.#changed(() => run.setSettings(settings)),
      onRecord: (record) => this.#changed(() => run.apply(record)),
      onRestart: () => this.#changed(() => run.clearRecords()),
      onValidation: (validation) => {
        run.setValidation(validation);
        eventStream.notifyValidation();
      },
    });
  }

  /**
   * Reads the folder once.
   * @throws GoogLeNetError `INVALID_RUN_LOG`, `FILE_ERROR`
   */
  async read(): Promise<void> {
    await this.#files.read();
  }

  /** Reads the folder periodically until `stop`. The page shows errors; the next read tries again. */
  start(): void {
    this.#show(null);
    const poll = async () => {
      const problem = await this.read().then(
        () => null,
        (error: Error) => error.message,
      );
      if (this.#isStopped) return;
      this.#show(problem);
      this.#timer = setTimeout(poll, POLL_MS).unref();
    };
    this.#timer = setTimeout(poll, POLL_MS).unref();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #show(problem: string | null): void {
    const status = this.#statusFromRecords();
    const { status: before } = this.#run;
    if (problem === this.#run.problem && status.state === before.state) return;
    this.#changed(() => {
      this.#run.problem = problem;
      this.#run.status = status;
    });
  }

  /** No file says that a run has ended, so the status follows from its records. */
  #statusFromRecords(): Status {
    const { isComplete, progress } = this.#run;
    if (isComplete) return { state: 'completed', message: null };
    const silentSeconds = progress.updatedAt === null ? 0 : Date.now() / 1000 - progress.updatedAt;
    if (silentSeconds < SILENT_MINUTES * 60) return { state: 'running', message: null };
    return {
      state: 'interrupted',
      message: `The run has recorded nothing for more than ${SILENT_MINUTES} minutes.`,
    };
  }

  #changed(change: () => void): void {
    change();
    this.#eventStream.notifyChange();
  }
}
