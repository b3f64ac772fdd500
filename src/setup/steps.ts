import { green, red } from '../core/colors.js';
import { createProgressDisplay, type ProgressDisplay } from '../core/progress.js';
import type { Output } from '../core/terminal.js';

/** Where a step stands: what it is doing, and how much of it is done where that is known. */
export interface StepProgress {
  text: string;
  done?: number;
  total?: number;
}

/** In a log a short step leaves the line of its end, and nothing else. */
const FIRST_LINE_MS = 10_000;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The steps of the setup, a line for each. */
export class Steps {
  readonly #out: Output;
  readonly #display: ProgressDisplay;

  constructor(out: Output) {
    this.#out = out;
    this.#display = createProgressDisplay(out, { firstLineMs: FIRST_LINE_MS });
  }

  /** A line that is no step: something found, something noted. */
  note(text: string): void {
    this.#out.write(`${text}\n`);
  }

  async step<T>(title: string, work: (update: (progress: StepProgress) => void) => Promise<T>): Promise<T> {
    const begin = Date.now();
    const end = (mark: string): void => {
      this.#display.close();
      this.note(`${mark} ${title} (${seconds(Date.now() - begin)})`);
    };
    this.#show(`· ${title}`);
    try {
      const result = await work(({ text, done, total }) => this.#show(`· ${title}: ${text}`, done, total));
      end(green('✓'));
      return result;
    } catch (error) {
      end(red('✗'));
      throw error;
    }
  }

  #show(label: string, done = 0, total: number | null = null): void {
    this.#display.update({ label, done, total, details: [] });
  }
}
