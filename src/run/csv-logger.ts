import { appendFile, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fromFileError } from '../core/errors.js';
import { writeFileAtomic } from '../core/files/atomic-file.js';
import { oneOf, readOptions, path as readPath } from '../core/validation.js';
import type { EpochEvent, FitEvent, StepEvent } from '../train/fit-events.js';
import type { Logger, RunStart } from '../train/logger.js';

export interface CsvLoggerOptions {
  /** One row for each epoch (the default), or for each step. */
  rows?: 'epochs' | 'steps';
}

type Cell = number | null | undefined;

const EPOCH_COLUMNS = {
  step: ({ step }: EpochEvent) => step,
  epoch: ({ epoch }: EpochEvent) => epoch,
  lr: ({ lr }: EpochEvent) => lr,
  loss: ({ train }: EpochEvent) => train.loss,
  top1: ({ train }: EpochEvent) => train.top1,
  top5: ({ train }: EpochEvent) => train.top5,
  validationLoss: ({ validation }: EpochEvent) => validation?.loss,
  validationTop1: ({ validation }: EpochEvent) => validation?.top1,
  validationTop5: ({ validation }: EpochEvent) => validation?.top5,
  seconds: ({ seconds }: EpochEvent) => seconds,
  imagesPerSecond: ({ imagesPerSecond }: EpochEvent) => imagesPerSecond,
};

const STEP_COLUMNS = {
  step: ({ step }: StepEvent) => step,
  epoch: ({ epoch }: StepEvent) => epoch,
  lr: ({ lr }: StepEvent) => lr,
  loss: ({ loss }: StepEvent) => loss,
  mainLoss: ({ mainLoss }: StepEvent) => mainLoss,
  aux1Loss: ({ aux1Loss }: StepEvent) => aux1Loss,
  aux2Loss: ({ aux2Loss }: StepEvent) => aux2Loss,
  top1: ({ correct, count }: StepEvent) => correct / count,
  gradNorm: ({ gradNorm }: StepEvent) => gradNorm,
  imagesPerSecond: ({ imagesPerSecond }: StepEvent) => imagesPerSecond,
};

const rowOf = <E>(columns: Record<string, (event: E) => Cell>, event: E): string =>
  `${Object.values(columns)
    .map((cell) => cell(event) ?? '')
    .join(',')}\n`;

/** Writes the metrics of a run as a table with a header; a value that a run does not have is empty. A resumed run keeps the rows before it. */
export class CsvLogger implements Logger {
  readonly path: string;
  readonly #rows: 'epochs' | 'steps';

  /** @throws GoogLeNetError `INVALID_ARGUMENT` */
  constructor(path: string, options: CsvLoggerOptions = {}) {
    this.path = resolve(readPath('path', path));
    const { rows = 'epochs' } = readOptions('options', options, ['rows']);
    this.#rows = oneOf('rows', rows, ['epochs', 'steps'] as const);
  }

  /** @throws GoogLeNetError `FILE_NOT_FOUND` (no such folder), `FILE_ERROR` */
  async start({ trainer }: RunStart): Promise<void> {
    const columns = this.#rows === 'steps' ? STEP_COLUMNS : EPOCH_COLUMNS;
    const { globalStep } = trainer.state;
    const header = `${Object.keys(columns).join(',')}\n`;
    const kept = globalStep === 0 ? [] : await this.#rowsUpTo(globalStep, header);
    await writeFileAtomic(this.path, [Buffer.from([header, ...kept].join(''))]);
  }

  async #rowsUpTo(step: number, header: string): Promise<string[]> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw fromFileError(error, 'read', this.path);
    });
    if (!text.startsWith(header)) return [];
    // A last line without its end was torn by a kill.
    const rows = text.slice(header.length).split('\n').slice(0, -1);
    return rows.filter((row) => Number.parseInt(row, 10) <= step).map((row) => `${row}\n`);
  }

  /** @throws GoogLeNetError `FILE_ERROR` */
  async event(event: FitEvent): Promise<void> {
    let row: string | null = null;
    if (event.type === 'step' && this.#rows === 'steps') row = rowOf(STEP_COLUMNS, event);
    if (event.type === 'epoch' && this.#rows === 'epochs') row = rowOf(EPOCH_COLUMNS, event);
    if (row === null) return;
    await appendFile(this.path, row).catch((error) => {
      throw fromFileError(error, 'write', this.path);
    });
  }
}
