import { batches } from '../data/batches.js';
import { ImageFolder } from '../data/image-folder.js';
import { checkResizeCrop } from '../data/transforms.js';
import { GoogLeNetError } from '../errors.js';
import { assertInputSize } from '../input-size.js';
import { GoogLeNet } from '../model.js';
import type { Device } from '../module.js';
import { setNumThreads } from '../runtime.js';
import { add, emptyTally, type Scores, type Tally, toScores } from '../train/scores.js';
import { Trainer } from '../train/trainer.js';
import type { EvaluateSettings } from './commands/evaluate.js';
import { createDisplay, type Display } from './display.js';
import { Interrupt } from './interrupt.js';
import { formatDuration } from './output.js';
import { assertSameClasses, describeFile } from './weights-file.js';

export interface ClassScores extends Scores {
  name: string;
  pictures: number;
  correct: number;
}

export interface Evaluation extends Scores {
  weights: string;
  dir: string;
  pictures: number;
  classes: ClassScores[];
}

/** @returns the exit status, and the scores unless Ctrl-C came first. */
export async function evaluateModel(
  weights: string,
  dir: string,
  settings: EvaluateSettings,
): Promise<{ status: number; evaluation: Evaluation | null }> {
  checkResizeCrop(settings.resize, settings.crop);
  assertInputSize(settings.crop, settings.crop);
  const file = await describeFile(weights);
  const dataset = await ImageFolder.open(dir);
  assertSameClasses(file, dir, dataset);
  if (settings.threads !== null) setNumThreads(settings.threads);
  const { device, channelsLast, auxWeight } = settings;
  const model = await GoogLeNet.load(weights, { device: device as Device, channelsLast });
  const trainer = new Trainer(model, { auxWeight });
  const display = createDisplay();
  const interrupt = new Interrupt(() => display.line('Stopping.'));
  if (model.classes === undefined) {
    display.line(
      `${weights} has no class names: folders are taken for its classes in the order of their names.`,
    );
  }
  try {
    const tallies = await tallyClasses(trainer, dataset, settings, display, interrupt.signal);
    const names = tallies.map((tally, label) => ({ name: dataset.classes[label] ?? '', tally }));
    return { status: 0, evaluation: { weights, dir, ...summarise(names) } };
  } catch (error) {
    if (!(error instanceof GoogLeNetError && error.code === 'ABORTED') || interrupt.status === null)
      throw error;
    return { status: interrupt.status, evaluation: null };
  } finally {
    display.close();
    interrupt.release();
    trainer.dispose();
    model.dispose();
  }
}

/** One class after the other, so that the sums of a batch belong to one class. */
async function tallyClasses(
  trainer: Trainer,
  dataset: ImageFolder,
  { batchSize, resize, crop }: EvaluateSettings,
  display: Display,
  signal: AbortSignal,
): Promise<Tally[]> {
  const start = performance.now();
  const tallies: Tally[] = [];
  let done = 0;
  for (const order of groupByClass(dataset)) {
    let tally = emptyTally();
    for await (const { images, labels } of batches(dataset, { order, batchSize, resize, crop, signal })) {
      tally = add(tally, await trainer.evaluate(images, labels), labels.length);
      done += labels.length;
      const seconds = (performance.now() - start) / 1000;
      const left = formatDuration((seconds / done) * (dataset.length - done));
      const details = `${(done / seconds).toFixed(1)} images/s  ${left} left`;
      display.update({ label: 'evaluation', done, total: dataset.length, details });
    }
    tallies.push(tally);
  }
  return tallies;
}

/** The positions of each class's pictures. */
function groupByClass({ classes, samples }: ImageFolder): Uint32Array[] {
  const groups = classes.map((): number[] => []);
  for (const [i, { label }] of samples.entries()) groups[label]?.push(i);
  return groups.map((group) => Uint32Array.from(group));
}

function summarise(entries: readonly { name: string; tally: Tally }[]): Omit<Evaluation, 'weights' | 'dir'> {
  const sum = entries.reduce(
    (total, { tally }) => ({
      count: total.count + tally.count,
      loss: total.loss + tally.loss,
      correct: total.correct + tally.correct,
      correctTop5: total.correctTop5 + tally.correctTop5,
    }),
    emptyTally(),
  );
  const classes = entries.map(({ name, tally }) => ({
    name,
    pictures: tally.count,
    correct: tally.correct,
    ...toScores(tally),
  }));
  return { pictures: sum.count, ...toScores(sum), classes };
}
