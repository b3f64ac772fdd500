import type { Device } from '../../core/device.js';
import { formatDuration } from '../../core/format.js';
import { createProgressDisplay, type ProgressDisplay } from '../../core/progress.js';
import type { Terminal } from '../../core/terminal.js';
import { batches } from '../../data/batches.js';
import type { Dataset } from '../../data/dataset.js';
import type { Skipped } from '../../data/decode-errors.js';
import { checkResizeCrop } from '../../data/transforms.js';
import { nothingReadable } from '../../inference/evaluate.js';
import { assertInputSize } from '../../inference/input-size.js';
import { loadModel } from '../../models/load.js';
import { inputSizesOf } from '../../models/stored-architecture.js';
import { setNumThreads } from '../../native/runtime.js';
import {
  computeMetrics,
  emptyMetrics,
  type MetricAccumulator,
  type Metrics,
  mergeMetrics,
  updateMetrics,
} from '../../train/metrics.js';
import { Trainer } from '../../train/trainer.js';
import { openDataset } from '../dataset.js';
import { Interrupt } from '../interrupt.js';
import { transformInputs } from '../transform-input.js';
import { assertSameClasses, describeFile } from '../weights-file.js';
import type { EvaluateSettings } from './command.js';

export interface ClassScores extends Metrics {
  name: string;
  images: number;
  correct: number;
}

export interface Evaluation extends Metrics {
  weights: string;
  dir: string;
  images: number;
  classes: ClassScores[];
  /** `confusion[label][predicted]`: images, in the indices of the dataset's classes. */
  confusion: number[][];
  /** What `--on-decode-error skip` has left out. */
  skipped: Skipped[];
}

/** @returns the exit status, and the scores unless Ctrl-C came first. */
export async function evaluateModel(
  terminal: Terminal,
  weights: string,
  dir: string,
  settings: EvaluateSettings,
): Promise<{ status: number; evaluation: Evaluation | null }> {
  checkResizeCrop(settings.resize, settings.crop);
  const file = await describeFile(weights);
  assertInputSize(settings.crop, settings.crop, inputSizesOf(file.model));
  const dataset = await openDataset(dir, 'test', file.model.classes ?? null, {
    ...settings,
    checkFormats: settings.onDecodeError === 'throw',
  });
  assertSameClasses(file, dir, dataset);
  const [own] = transformInputs(terminal, [file], settings.transformInput);
  if (settings.threads !== null) setNumThreads(settings.threads);
  const { device, channelsLast, auxWeight, precision } = settings;
  const model = await loadModel(weights, { device: device as Device, channelsLast, ...own });
  const trainer = new Trainer(model, { auxWeight, precision });
  const display = createProgressDisplay(terminal.stderr);
  const interrupt = new Interrupt(terminal.host, () => display.line('Stopping.'));
  if (model.classes === undefined) {
    display.line(
      `${weights} has no class names: folders are taken for its classes in the indices of their names.`,
    );
  }
  try {
    const { scored, skipped } = await tallyClasses(trainer, dataset, settings, display, interrupt.signal);
    const names = scored.map(({ tally }, label) => ({ name: dataset.classes[label] ?? '', tally }));
    const confusion = scored.map(({ predicted }) => predicted);
    const scores = summarise(names, model.auxInEvaluation);
    return { status: 0, evaluation: { weights, dir, ...scores, confusion, skipped } };
  } catch (error) {
    return { status: interrupt.statusOf(error), evaluation: null };
  } finally {
    display.close();
    interrupt.release();
    trainer.dispose();
    model.dispose();
  }
}

/** Shows how far an evaluation is that begins now. */
export function evaluationProgress(display: ProgressDisplay): (done: number, total: number) => void {
  const start = performance.now();
  return (done, total) => {
    const seconds = (performance.now() - start) / 1000;
    const timeLeft = `${formatDuration((seconds / done) * (total - done))} left`;
    const details = [`${(done / seconds).toFixed(1)} images/s`];
    display.update({ label: 'evaluation', done, total, details, timeLeft });
  };
}

interface ScoredClass {
  tally: MetricAccumulator;
  /** How many of its images were taken for each class. */
  predicted: number[];
}

/** One class after the other, so that the sums of a batch belong to one class. */
async function tallyClasses(
  trainer: Trainer,
  dataset: Dataset,
  { batchSize, resize, crop, onDecodeError }: EvaluateSettings,
  display: ProgressDisplay,
  signal: AbortSignal,
): Promise<{ scored: ScoredClass[]; skipped: Skipped[] }> {
  const onProgress = evaluationProgress(display);
  const scored: ScoredClass[] = [];
  const skipped: Skipped[] = [];
  const loading = { batchSize, resize, crop, signal, onDecodeError };
  let done = 0;
  for (const indices of groupByClass(dataset)) {
    let tally = emptyMetrics();
    const predicted = dataset.classes.map(() => 0);
    for await (const { images, labels, skipped: more } of batches(dataset, { indices, ...loading })) {
      skipped.push(...more);
      for (const one of more) display.line(`Skipped: ${one.reason}`);
      done += labels.length + more.length;
      onProgress(done, dataset.length);
      if (labels.length === 0) continue;
      const result = await trainer.evaluate(images, labels);
      tally = updateMetrics(tally, result, labels.length);
      for (const label of result.predicted) predicted[label] = (predicted[label] ?? 0) + 1;
    }
    scored.push({ tally, predicted });
  }
  if (skipped.length === dataset.length) throw nothingReadable(skipped);
  return { scored, skipped };
}

/** The positions of each class's images. */
function groupByClass(dataset: Dataset): Uint32Array[] {
  const groups = dataset.classes.map((): number[] => []);
  for (let i = 0; i < dataset.length; i++) groups[dataset.label(i)]?.push(i);
  return groups.map((group) => Uint32Array.from(group));
}

function summarise(
  entries: readonly { name: string; tally: MetricAccumulator }[],
  hasAux: boolean,
): Omit<Evaluation, 'weights' | 'dir' | 'confusion' | 'skipped'> {
  const sum = entries.map(({ tally }) => tally).reduce(mergeMetrics, emptyMetrics());
  // A dataset of arrays or idx files may lack a class, which then has no means.
  const present = entries.filter(({ tally }) => tally.count > 0);
  const classes = present.map(({ name, tally }) => ({
    name,
    images: tally.count,
    correct: tally.correct,
    ...computeMetrics(tally, hasAux),
  }));
  return { images: sum.count, ...computeMetrics(sum, hasAux), classes };
}
