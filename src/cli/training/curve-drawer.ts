import { type ReportFiles, writeReport } from '../../report/write-report.js';

/** Keeps the curves of a run up to date while it goes on: at most one drawing at a time, and never in the way of a step. */
export class CurveDrawer {
  readonly #draw: () => Promise<ReportFiles>;
  readonly #onFailure: (error: Error) => void;
  #running: Promise<void> | null = null;
  #isStale = false;

  /** @param onFailure hears of a drawing that failed; the run goes on. */
  constructor(runDir: string, onFailure: (error: Error) => void, draw = () => writeReport(runDir)) {
    this.#onFailure = onFailure;
    this.#draw = draw;
  }

  /** Draws now, or once more when the drawing under way is done. */
  request(): void {
    if (this.#running) {
      this.#isStale = true;
      return;
    }
    this.#running = this.#draw()
      .then(() => undefined, this.#onFailure)
      .then(() => {
        this.#running = null;
        if (this.#isStale) {
          this.#isStale = false;
          this.request();
        }
      });
  }

  /**
   * Draws the last state.
   * @throws GoogLeNetError `FILE_ERROR`, `INVALID_RUN_LOG`, …
   */
  async finish(): Promise<ReportFiles> {
    await this.settled();
    return this.#draw();
  }

  /** Waits for the drawing under way. */
  async settled(): Promise<void> {
    this.#isStale = false;
    await this.#running;
  }
}
