/** Progress on stderr: one line that is drawn again and again on a terminal, a plain line now and then anywhere else. */
import { printableLine } from '../core/printable.js';
import type { Output } from '../core/terminal.js';

export interface Status {
  /** What is being done, e.g. `epoch 2/6`. */
  label: string;
  done: number;
  total: number;
  /** Numbers of interest, behind the bar, the most important first: where there is little room the last ones are left out. */
  details: readonly string[];
  /** E.g. `0:18 left`; stays when all other details are left out. */
  timeLeft?: string;
}

export interface Display {
  /** Called as often as there is something new; shown now and then. */
  update(status: Status): void;
  /** A line that stays. */
  line(text: string): void;
  /** Takes the bar away. */
  close(): void;
}

const REDRAW_MS = 100;
const LINE_MS = 10_000;
const MIN_BAR = 6;
const MAX_BAR = 24;

export function createDisplay(
  screen: Output,
  term: string | undefined = process.env.TERM,
  clock: () => number = () => performance.now(),
): Display {
  return screen.isTTY && term !== 'dumb' ? new BarDisplay(screen, clock) : new LineDisplay(screen, clock);
}

/** True at most once per interval, and at the first call. */
function everyMs(intervalMs: number, clock: () => number): () => boolean {
  let last = -Infinity;
  return () => {
    const now = clock();
    if (now - last < intervalMs) return false;
    last = now;
    return true;
  };
}

class LineDisplay implements Display {
  readonly #screen: Output;
  readonly #isDue: () => boolean;

  constructor(screen: Output, clock: () => number) {
    this.#screen = screen;
    this.#isDue = everyMs(LINE_MS, clock);
  }

  update(status: Status): void {
    if (!this.#isDue()) return;
    const { label, details } = status;
    this.line(`${label}  ${numbersOf(status, details.length)}`);
  }

  line(text: string): void {
    this.#screen.write(`${printableLine(text)}\n`);
  }

  close(): void {}
}

class BarDisplay implements Display {
  readonly #screen: Output;
  readonly #isDue: () => boolean;
  #drawn = '';

  constructor(screen: Output, clock: () => number) {
    this.#screen = screen;
    this.#isDue = everyMs(REDRAW_MS, clock);
  }

  update(status: Status): void {
    if (status.done < status.total && !this.#isDue()) return;
    // A full last column would make some terminals wrap, and the line could not be taken back.
    const columns = (this.#screen.columns || 80) - 1;
    this.#drawn = printableLine(formatBar(status, columns)).slice(0, columns);
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

/** As many of the details as are wanted; the time left is always there. */
function numbersOf({ done, total, details, timeLeft }: Status, count: number): string {
  const parts = [
    `${done}/${total}`,
    ...details.slice(0, count),
    ...(timeLeft === undefined ? [] : [timeLeft]),
  ];
  return parts.join('  ');
}

/** The bar gives way to the numbers, and then the least important of them do. */
function formatBar(status: Status, columns: number): string {
  const { label, done, total, details } = status;
  const room = (numbers: string): number => columns - label.length - numbers.length - 2;
  let count = details.length;
  while (count > 0 && room(numbersOf(status, count)) < MIN_BAR) count--;
  const numbers = numbersOf(status, count);
  if (room(numbers) < MIN_BAR) return `${label} ${numbers}`;
  const width = Math.min(MAX_BAR, room(numbers));
  const filled = Math.round((width * Math.min(done, total)) / Math.max(total, 1));
  return `${label} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${numbers}`;
}
