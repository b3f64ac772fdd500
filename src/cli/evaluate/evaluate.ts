import type { Device } from '../../core/device.js';
import { createProgressDisplay, formatTimeLeft, type ProgressDisplay } from '../../core/progress.js';
import type { Terminal } from '../../core/terminal.js';
import type { Crops } from '../../data/crops.js';
import type { Dataset } from '../../data/dataset.js';
import { checkResizeCrop } from '../../data/transforms.js';
import { Engine } from '../../engine/engine.js';
import { multiCropEvaluation } from '../../inference/evaluate.js';
import {
  type ClassEvaluation,
  type Evaluation,
  type EvaluationProgress,
  finished,
} from '../../inference/evaluation.js';
import { assertInputSize } from '../../inference/input-size.js';
import type { ImageClassifier } from '../../models/image-classifier.js';
import { loadModelFrom } from '../../models/load.js';
import { setNumThreads } from '../../native/runtime.js';
import { Trainer } from '../../train/trainer.js';
import { validationByClass } from '../../train/validation.js';
import { openDataset } from '../dataset.js';
import { Interrupt } from '../interrupt.js';
import type { TransformInput } from '../transform-input.js';
import { assertSameClasses } from '../weights-file.js';
import { type ClassifierFile, loadOptions } from './classifier-file.js';
import type { EvaluateSettings } from './settings.js';

export interface FilesEvaluation extends Omit<Evaluation<ClassEvaluation>, 'confusion'> {
  /** Files of weights and plans that were averaged. */
  weights: string[];
  dir: string;
  crops: Crops;
  /** `confusion[label][predicted]`: images. Null where there are too many classes. */
  confusion: number[][] | null;
}

/** @returns the exit status, and what was found unless Ctrl-C came first. */
export async function evaluateFiles(
  terminal: Terminal,
  files: readonly ClassifierFile[],
  dir: string,
  settings: EvaluateSettings,
): Promise<{ status: number; evaluation: FilesEvaluation | null }> {
  const { resize, crop, threads, onDecodeError, transformInput } = settings;
  checkResizeCrop(resize, crop);
  for (const { inputSizes } of files) assertInputSize(crop, crop, inputSizes);
  const checkFormats = onDecodeError === 'throw';
  const dataset = await openDataset(dir, 'test', files[0]?.model.classes ?? null, {
    ...settings,
    checkFormats,
  });
  for (const file of files) assertSameClasses(file, dir, dataset);
  const own = loadOptions(terminal, files, transformInput);
  if (threads !== null && files.some(({ weights }) => weights)) setNumThreads(threads);
  const display = createProgressDisplay(terminal.stderr);
  const interrupt = new Interrupt(terminal.host, () => display.line('Stopping.'));
  const loaded: (ImageClassifier | Engine)[] = [];
  try {
    for (const [i, file] of files.entries()) {
      loaded.push(await load(file, settings, own[i]));
      await file.file.close();
    }
    for (const { path, model } of files) {
      if (model.classes !== undefined) continue;
      display.line(
        `${path} has no class names: folders are taken for its classes in the order of their names.`,
      );
    }
    const steps = scored(loaded, dataset, settings, interrupt.signal);
    const { confusion, ...found } = await finished(steps, showOn(display));
    const weights = files.map(({ path }) => path);
    const matrix = confusion?.map((row) => Array.from(row)) ?? null;
    const crops = Number(settings.crops) as Crops;
    return { status: 0, evaluation: { weights, dir, crops, ...found, confusion: matrix } };
  } catch (error) {
    return { status: interrupt.statusOf(error), evaluation: null };
  } finally {
    display.close();
    interrupt.release();
    for (const one of loaded) one.dispose();
  }
}

function load(
  { file, weights }: ClassifierFile,
  { device, channelsLast, threads }: EvaluateSettings,
  own: TransformInput = {},
): Promise<ImageClassifier | Engine> {
  if (!weights) return Engine.loadFrom(file, threads === null ? {} : { threads });
  return loadModelFrom(file, { device: device as Device, channelsLast, ...own });
}

/** One model on one crop is scored with the losses of training, everything else by averaged probabilities. */
async function* scored(
  classifiers: readonly (ImageClassifier | Engine)[],
  dataset: Dataset,
  settings: EvaluateSettings,
  signal: AbortSignal,
): AsyncGenerator<EvaluationProgress, Evaluation<ClassEvaluation>, void> {
  const { batchSize, resize, crop, onDecodeError, auxWeight, precision } = settings;
  const options = { batchSize, resize, crop, onDecodeError, signal };
  const crops = Number(settings.crops) as Crops;
  const [first] = classifiers;
  if (classifiers.length > 1 || crops !== 1 || !first || first instanceof Engine)
    return yield* multiCropEvaluation(classifiers, dataset, { crops, ...options });
  const trainer = new Trainer(first, { auxWeight, precision });
  try {
    return yield* validationByClass(trainer, dataset, options);
  } finally {
    trainer.dispose();
  }
}

/** Shows how far an evaluation is that begins now. */
function showOn(display: ProgressDisplay): (progress: EvaluationProgress) => void {
  const start = performance.now();
  return ({ done, total, skipped }) => {
    for (const { reason } of skipped) display.line(`Skipped: ${reason}`);
    const seconds = (performance.now() - start) / 1000;
    const details = [`${(done / seconds).toFixed(1)} images/s`];
    display.update({
      label: 'evaluation',
      done,
      total,
      details,
      timeLeft: formatTimeLeft(seconds, done, total),
    });
  };
}
