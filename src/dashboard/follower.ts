import type { Feed } from './event-stream.js';
import type { Status } from './protocol.js';
import { RunFiles } from './run-files.js';
import type { RunState } from './run-state.js';

/** Between two looks at the folder. */
const POLL_MS = 500;
/** A run that records nothing for so long has probably been stopped; an epoch's validation may take minutes. */
const SILENT_MINUTES = 10;

/** Shows what the folder of a run holds, and what another process adds to it. */
export class Follower {
  readonly #run: RunState;
  readonly #feed: Feed;
  readonly #files: RunFiles;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(runDir: string, run: RunState, feed: Feed) {
    this.#run = run;
    this.#feed = feed;
    this.#files = new RunFiles(runDir, {
      onSettings: (settings) => this.#changed(() => run.configure(settings)),
      onRecord: (record) => this.#changed(() => run.apply(record)),
      onRestart: () => this.#changed(() => run.restart()),
      onValidation: (validation) => {
        run.validated(validation);
        feed.validated();
      },
    });
  }

  /**
   * Shows what there is.
   * @throws GoogLeNetError `INVALID_RUN_LOG`, `FILE_ERROR`
   */
  async read(): Promise<void> {
    await this.#files.read();
  }

  /** Reads again and again until `stop`. What goes wrong is shown on the page, and tried again. */
  start(): void {
    this.#show(null);
    const look = async () => {
      const problem = await this.read().then(
        () => null,
        (error: Error) => error.message,
      );
      if (this.#isStopped) return;
      this.#show(problem);
      this.#timer = setTimeout(look, POLL_MS).unref();
    };
    this.#timer = setTimeout(look, POLL_MS).unref();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #show(problem: string | null): void {
    const status = this.#judge();
    const { status: before } = this.#run;
    if (problem === this.#run.problem && status.state === before.state) return;
    this.#changed(() => {
      this.#run.problem = problem;
      this.#run.status = status;
    });
  }

  /** Nobody writes down that a run has ended: its records have to tell. */
  #judge(): Status {
    const { isComplete, progress } = this.#run;
    if (isComplete) return { state: 'completed', message: null };
    const silentSeconds = progress.updatedAt === null ? 0 : Date.now() / 1000 - progress.updatedAt;
    if (silentSeconds < SILENT_MINUTES * 60) return { state: 'running', message: null };
    return { state: 'interrupted', message: `Nothing was recorded for more than ${SILENT_MINUTES} minutes.` };
  }

  #changed(change: () => void): void {
    change();
    this.#feed.changed();
  }
}
