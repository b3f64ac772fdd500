/**
 * Progress of anything that takes a while: a training, an evaluation, a download, a build. A terminal shows one line that is drawn over
 * itself; a file or a pipe gets a plain line now and then.
 */
import { plain, widthOf } from './colors.js';
import { formatDuration } from './format.js';
import { printableLine } from './printable.js';
import type { Output } from './terminal.js';

/** How far a task is. */
export interface ProgressState {
  /** The task, e.g. `epoch 2/6`. */
  label: string;
  done: number;
  /** Null where nobody knows: there is no bar then. */
  total: number | null;
  /** Of both, e.g. `MB`. */
  unit?: string;
  /** Fields after the bar, the most important first: on a narrow terminal the last ones are left out. */
  details: readonly string[];
  /** E.g. `0:18 left`; stays when all details are left out. */
  timeLeft?: string | undefined;
}

/** Where a task shows its progress. */
export interface ProgressDisplay {
  /** To be called whenever there is something new; what is shown is limited to what a reader can follow. */
  update(state: ProgressState): void;
  /** A line that stays, above the bar. */
  line(text: string): void;
  /** Removes the bar. */
  close(): void;
}

export interface ProgressOptions {
  /** What a stream that is no terminal gets: a line every ten seconds, or the lines that stay and nothing else. */
  withoutTerminal?: 'lines' | 'silent';
  /** When the first of these lines comes: 0 for at once. */
  firstLineMs?: number;
  /** For `TERM`: a dumb terminal cannot draw over a line. */
  env?: NodeJS.ProcessEnv;
  /** In milliseconds. */
  clock?: () => number;
}

const REDRAW_MS = 100;
const LINE_MS = 10_000;
const MIN_BAR = 6;
const MAX_BAR = 24;

/** @param screen e.g. `new Screen(process.stderr)` */
export function createProgressDisplay(screen: Output, options: ProgressOptions = {}): ProgressDisplay {
  const { env = process.env, clock = () => performance.now() } = options;
  if (screen.isTTY && env.TERM !== 'dumb') return new BarDisplay(screen, clock);
  const { withoutTerminal = 'lines', firstLineMs = 0 } = options;
  return new LineDisplay(screen, withoutTerminal === 'lines' ? everyMs(LINE_MS, clock, firstLineMs) : null);
}

/** `0:18 left`, at the mean speed so far; undefined before anything is done. */
export const formatTimeLeft = (seconds: number, done: number, total: number): string | undefined =>
  done > 0 ? `${formatDuration((seconds / done) * (total - done))} left` : undefined;

/** True at most once per interval; the first time `firstMs` from now. */
function everyMs(intervalMs: number, clock: () => number, firstMs = 0): () => boolean {
  let last = clock() + firstMs - intervalMs;
  return () => {
    const now = clock();
    if (now - last < intervalMs) return false;
    last = now;
    return true;
  };
}

class LineDisplay implements ProgressDisplay {
  readonly #screen: Output;
  readonly #isDue: (() => boolean) | null;

  /** @param isDue null: only lines that stay */
  constructor(screen: Output, isDue: (() => boolean) | null) {
    this.#screen = screen;
    this.#isDue = isDue;
  }

  update(state: ProgressState): void {
    if (this.#isDue?.()) this.line(`${state.label}  ${fieldsOf(state, state.details.length)}`.trimEnd());
  }

  line(text: string): void {
    this.#screen.write(`${printableLine(text)}\n`);
  }

  close(): void {}
}

class BarDisplay implements ProgressDisplay {
  readonly #screen: Output;
  readonly #isDue: () => boolean;
  #drawn = '';
  #label = '';

  constructor(screen: Output, clock: () => number) {
    this.#screen = screen;
    this.#isDue = everyMs(REDRAW_MS, clock);
  }

  update(state: ProgressState): void {
    const isComplete = state.total !== null && state.done >= state.total;
    // A new task is shown at once: its first news may be its only one for minutes.
    if (!this.#isDue() && !isComplete && state.label === this.#label) return;
    this.#label = state.label;
    // A full last column would make some terminals wrap, and the line could not be taken back.
    const columns = (this.#screen.columns || 80) - 1;
    this.#drawn = plain(printableLine(formatBar(state, columns))).slice(0, columns);
    this.#screen.redraw(this.#drawn);
  }

  line(text: string): void {
    const whole = `${printableLine(text)}\n${this.#drawn}`;
    if (this.#drawn === '') this.#screen.write(whole);
    else this.#screen.redraw(whole);
  }

  close(): void {
    if (this.#drawn !== '') this.#screen.redraw('');
    this.#drawn = '';
  }
}

/** The first `count` details; the time left is always there. */
function fieldsOf({ done, total, unit, details, timeLeft }: ProgressState, count: number): string {
  const fields = [...details.slice(0, count), ...(timeLeft === undefined ? [] : [timeLeft])];
  return (
    total === null ? fields : [`${done}/${total}${unit === undefined ? '' : ` ${unit}`}`, ...fields]
  ).join('  ');
}

/** A narrow terminal takes columns from the bar, then details, the least important first. */
function formatBar(state: ProgressState, columns: number): string {
  const { label, done, total, details } = state;
  const room = (fields: string): number => columns - widthOf(label) - widthOf(fields) - 2;
  const needed = total === null ? 0 : MIN_BAR;
  let count = details.length;
  while (count > 0 && room(fieldsOf(state, count)) < needed) count--;
  const fields = fieldsOf(state, count);
  if (total === null || room(fields) < MIN_BAR) return `${label} ${fields}`.trimEnd();
  const width = Math.min(MAX_BAR, room(fields));
  const filled = Math.round((width * Math.min(done, total)) / Math.max(total, 1));
  return `${label} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${fields}`;
}
