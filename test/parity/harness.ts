/** What every parity test needs: the reference of the same torch version, models that are disposed, and the table's rows. */
import { appendFileSync } from 'node:fs';
import { libtorch, setNumThreads } from '../../src/index.js';
import { type Comparison, compareBits, type NamedTensors } from '../support/bits.js';
import { type Answer, findPython, PythonReference } from '../support/python.js';

export interface ParityRow {
  check: string;
  threads: number;
  tensors: number;
  values: number;
  differing: number;
  /** null stands for infinity, which JSON lacks. */
  maxUlp: number | null;
  reference: { torch: string; capability: string };
}

/** Intra-op threads of both sides: sums are split among threads, so another number gives other bits. */
export const THREADS = 2;

/** The longest test, 50 training steps on each side, takes 40 s on 2 cores. */
const TIMEOUT_MS = 10 * 60_000;

const withoutBuild = (version: string): string => version.replace(/\+.*/, '');

export class Parity {
  readonly #owned: { dispose(): void }[] = [];
  #python: PythonReference | undefined;
  #reference = { torch: '', capability: '' };
  #threads = THREADS;

  /** Starts the reference before the file's tests, ends it after them, and disposes models after each. */
  static use(): Parity {
    const parity = new Parity();
    jest.setTimeout(TIMEOUT_MS);
    beforeAll(() => parity.#start());
    afterEach(() => {
      for (const one of parity.#owned.splice(0)) one.dispose();
    });
    afterAll(() => parity.#python?.close());
    return parity;
  }

  async #start(): Promise<void> {
    this.#python = new PythonReference(await findPython());
    const { torch, capability } = (await this.#python.ask('info')).facts;
    this.#reference = { torch: String(torch), capability: String(capability) };
    const ours = libtorch().version;
    if (withoutBuild(String(torch)) !== withoutBuild(ours)) {
      throw new Error(
        `The Python reference has torch ${torch} but the addon runs libtorch ${ours}: bits can only be compared ` +
          'between equal versions. Run `npm run setup`, or set GOOGLENET_PYTHON to a Python with that torch.',
      );
    }
    this.threads = THREADS;
  }

  get python(): PythonReference {
    if (this.#python === undefined) throw new Error('The Python reference has not started.');
    return this.#python;
  }

  /** Sets the threads of both sides. */
  set threads(threads: number) {
    this.#threads = threads;
    setNumThreads(threads);
  }

  /** Asks the reference, at the same number of threads as ours. */
  ask(name: string, options: Record<string, unknown>): Promise<Answer> {
    return this.python.ask(name, options, this.#threads);
  }

  own<T extends { dispose(): void }>(disposable: T): T {
    this.#owned.push(disposable);
    return disposable;
  }

  /** Adds a row to the table, then fails unless every bit of every tensor agrees. */
  expectBitEqual(check: string, ours: NamedTensors, theirs: NamedTensors): void {
    this.expectAllBitEqual(check, [['', ours, theirs]]);
  }

  /** Several rows, `name` before each: all are added before the first that differs fails the test. */
  expectAllBitEqual(name: string, checks: [part: string, ours: NamedTensors, theirs: NamedTensors][]): void {
    const results = checks.map(([part, ours, theirs]) => {
      const check = part === '' ? name : `${name}: ${part}`;
      const comparison = compareBits(ours, theirs);
      this.record(check, comparison);
      return { check, ...comparison };
    });
    expect(results.filter(({ differing }) => differing > 0)).toEqual([]);
  }

  record(check: string, { tensors, values, differing, maxUlp }: Omit<Comparison, 'worst'>): void {
    const row: ParityRow = {
      check,
      threads: this.#threads,
      tensors,
      values,
      differing,
      maxUlp: Number.isFinite(maxUlp) ? maxUlp : null,
      reference: this.#reference,
    };
    const file = process.env.GOOGLENET_PARITY_ROWS;
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
  }
}
