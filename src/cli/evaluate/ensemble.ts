/** Scores averaged over views of each image, or over several models. */

import type { Device } from '../../core/device.js';
import { createProgressDisplay } from '../../core/progress.js';
import type { Terminal } from '../../core/terminal.js';
import type { Crops } from '../../data/crops.js';
import { type EvaluateResult, evaluate } from '../../inference/evaluate.js';
import type { ImageClassifier } from '../../models/image-classifier.js';
import { loadModel } from '../../models/load.js';
import { setNumThreads } from '../../native/runtime.js';
import { openDataset } from '../dataset.js';
import { Interrupt } from '../interrupt.js';
import { transformInputs } from '../transform-input.js';
import { assertSameClasses, describeFile } from '../weights-file.js';
import type { EvaluateSettings } from './command.js';
import { evaluationProgress } from './evaluate.js';

export interface EnsembleEvaluation extends Omit<EvaluateResult, 'confusion'> {
  /** Null where there are too many classes. */
  confusion: number[][] | null;
  weights: string[];
  dir: string;
  crops: Crops;
}

/** @returns the exit status, and the scores unless Ctrl-C came first. */
export async function evaluateEnsemble(
  terminal: Terminal,
  weights: readonly string[],
  dir: string,
  settings: EvaluateSettings,
): Promise<{ status: number; evaluation: EnsembleEvaluation | null }> {
  const { resize, crop, batchSize, device, channelsLast, threads } = settings;
  const crops = Number(settings.crops) as Crops;
  const files = await Promise.all(weights.map(describeFile));
  const dataset = await openDataset(dir, 'test', files[0]?.model.classes ?? null, {
    ...settings,
    checkFormats: settings.onDecodeError === 'throw',
  });
  for (const file of files) assertSameClasses(file, dir, dataset);
  const own = transformInputs(terminal, files, settings.transformInput);
  if (threads !== null) setNumThreads(threads);
  const display = createProgressDisplay(terminal.stderr);
  const interrupt = new Interrupt(terminal.host, () => display.line('Stopping.'));
  const models: ImageClassifier[] = [];
  try {
    for (const [i, path] of weights.entries())
      models.push(await loadModel(path, { device: device as Device, channelsLast, ...own[i] }));
    const onProgress = evaluationProgress(display);
    const { onDecodeError } = settings;
    const options = { crops, resize, crop, batchSize, onDecodeError, signal: interrupt.signal, onProgress };
    const { confusion: matrix, ...scores } = await evaluate(models, dataset, options);
    for (const { reason } of scores.skipped) display.line(`Skipped: ${reason}`);
    const confusion = matrix?.map((row) => Array.from(row)) ?? null;
    return { status: 0, evaluation: { weights: [...weights], dir, crops, ...scores, confusion } };
  } catch (error) {
    return { status: interrupt.statusOf(error), evaluation: null };
  } finally {
    display.close();
    interrupt.release();
    for (const model of models) model.dispose();
  }
}
