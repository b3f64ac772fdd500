/** Keeps drawings of a run up to date during the run: at most one drawing at a time, and no step waits for it. */
export class Redrawer<T> {
  readonly #draw: () => Promise<T>;
  readonly #onFailure: (error: Error) => void;
  #running: Promise<void> | null = null;
  #isStale = false;

  /** @param onFailure is told of a drawing that failed; the run continues. */
  constructor(draw: () => Promise<T>, onFailure: (error: Error) => void) {
    this.#draw = draw;
    this.#onFailure = onFailure;
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

  /** Draws the last state. @throws what drawing throws. */
  async finish(): Promise<T> {
    await this.settled();
    return this.#draw();
  }

  /** Waits for the drawing under way. */
  async settled(): Promise<void> {
    this.#isStale = false;
    await this.#running;
  }
}
