/** The charts of one run. */

import type { EpochScores, RunRecord, StepRecord } from '../run/records/records.js';
import type { Chart, Line } from './chart.js';
import { curvesOf, epochPoints, type Point, type RunCurves, stepPoints } from './curves.js';
import {
  formatCount,
  formatLoss,
  formatRate,
  formatShare,
  formatSpeed,
  tickNumber,
  tickPercent,
} from './format.js';

export type ChartName =
  | 'loss'
  | 'accuracy'
  | 'head-losses'
  | 'head-accuracies'
  | 'learning-rate'
  | 'speed'
  | 'gradient-norm';

export function runCharts(records: readonly RunRecord[]): Record<ChartName, Chart> {
  const run = curvesOf(records);
  return {
    loss: lossChart(run),
    accuracy: accuracyChart(run),
    'head-losses': headLossesChart(run),
    'head-accuracies': headAccuraciesChart(run),
    'learning-rate': learningRateChart(run),
    speed: speedChart(run),
    'gradient-norm': gradientNormChart(run),
  };
}

export const LOSS_AXIS = { x: 'epoch', formatTick: tickNumber, ceiling: Number.POSITIVE_INFINITY } as const;
export const ACCURACY_AXIS = { x: 'epoch', formatTick: tickPercent, ceiling: 1 } as const;
const STEP_AXIS = { ...LOSS_AXIS, x: 'step' } as const;

/** Measured in every step as well as over epochs. */
type Quantity = keyof EpochScores & keyof StepRecord;

const present = (lines: readonly Line[]): Line[] => lines.filter(({ points }) => points.length > 0);

function lossChart(run: RunCurves): Chart {
  return {
    ...LOSS_AXIS,
    title: 'Loss',
    subtitle: standing(run, 'loss', formatLoss, 'lowest'),
    axis: 'total loss',
    lines: present(quantityLines(run, 'loss')),
  };
}

function accuracyChart(run: RunCurves): Chart {
  const dash = [3, 3];
  const train = epochPoints(run, 'epoch', ({ train }) => train.top5);
  const validation = epochPoints(run, 'epoch', ({ validation }) => validation?.top5);
  return {
    ...ACCURACY_AXIS,
    title: 'Accuracy',
    subtitle: standing(run, 'top1', formatShare, 'highest'),
    axis: 'classified correctly',
    lines: present([
      ...quantityLines(run, 'top1'),
      { name: 'training, top-5', points: train, color: 'blue', dash },
      { name: 'validation, top-5', points: validation, color: 'vermilion', marker: 'diamond', dash },
    ]),
  };
}

/** Training by step and by epoch, and validation. */
function quantityLines(run: RunCurves, quantity: Quantity): Line[] {
  const steps = stepPoints(run, 'epoch', (record) => record[quantity]);
  const train = epochPoints(run, 'epoch', ({ train }) => train[quantity]);
  const validation = epochPoints(run, 'epoch', ({ validation }) => validation?.[quantity]);
  const name = steps.length > 0 ? 'training (faint: by step)' : 'training';
  return [
    { name: 'training, by step', points: steps, color: 'blue', isFaint: true },
    { name, points: train, color: 'blue' },
    { name: 'validation', points: validation, color: 'vermilion', marker: 'diamond' },
  ];
}

type Head = Required<Pick<Line, 'name' | 'color' | 'marker'>>;
const MAIN: Head = { name: 'main', color: 'blue', marker: 'circle' };
const AUX1: Head = { name: 'auxiliary 1', color: 'green', marker: 'triangle' };
const AUX2: Head = { name: 'auxiliary 2', color: 'purple', marker: 'rect' };

/** Training and, dashed, validation of one head. */
function headLines(run: RunCurves, head: Head, quantity: Quantity): Line[] {
  const { name } = head;
  const steps = stepPoints(run, 'epoch', (record) => record[quantity]);
  const train = epochPoints(run, 'epoch', ({ train }) => train[quantity]);
  const validation = epochPoints(run, 'epoch', ({ validation }) => validation?.[quantity]);
  return [
    { ...head, name: `${name}, by step`, points: steps, isFaint: true },
    { ...head, points: train },
    { ...head, name: `${name}, validation`, points: validation, dash: [6, 4] },
  ];
}

function headLossesChart(run: RunCurves): Chart {
  return {
    ...LOSS_AXIS,
    title: 'Loss of each head',
    subtitle: 'each with weight 1; faint: by step',
    axis: 'cross entropy',
    lines: present([
      ...headLines(run, MAIN, 'mainLoss'),
      ...headLines(run, AUX1, 'aux1Loss'),
      ...headLines(run, AUX2, 'aux2Loss'),
    ]),
  };
}

function headAccuraciesChart(run: RunCurves): Chart {
  return {
    ...ACCURACY_AXIS,
    title: 'Top-1 accuracy of each head',
    subtitle: 'faint: by step',
    axis: 'classified correctly',
    lines: present([
      ...headLines(run, MAIN, 'top1'),
      ...headLines(run, AUX1, 'aux1Top1'),
      ...headLines(run, AUX2, 'aux2Top1'),
    ]),
  };
}

function learningRateChart(run: RunCurves): Chart {
  const [first, last] = [run.steps[0], run.steps.at(-1)];
  return {
    ...STEP_AXIS,
    title: 'Learning rate',
    subtitle:
      first && last
        ? `${formatRate(first.lr)} at first, ${formatRate(last.lr)} in step ${formatCount(last.step)}`
        : 'no records yet',
    axis: 'learning rate',
    lines: present([{ ...PLAIN, name: 'learning rate', points: stepPoints(run, 'step', ({ lr }) => lr) }]),
  };
}

const PLAIN = { color: 'blue', marker: 'none' } as const;

function speedChart(run: RunCurves): Chart {
  const steps = stepPoints(run, 'step', ({ imagesPerSecond }) => imagesPerSecond);
  const epochs = epochPoints(run, 'step', ({ imagesPerSecond }) => imagesPerSecond);
  const latest = epochs.at(-1);
  return {
    ...STEP_AXIS,
    title: 'Speed of training',
    subtitle: latest ? `${formatSpeed(latest[1])} images/s in the latest epoch` : underWay(run),
    axis: 'images/s',
    lines: present([
      { name: 'by step', points: steps, color: 'blue', isFaint: true },
      { name: 'mean of each epoch (faint: by step)', points: epochs, color: 'blue' },
    ]),
  };
}

function gradientNormChart(run: RunCurves): Chart {
  const points = stepPoints(run, 'step', ({ gradNorm }) => gradNorm);
  return {
    ...STEP_AXIS,
    title: 'Gradient norm',
    subtitle: 'L2 norm of all gradients, before they were clipped',
    axis: 'norm',
    lines: present([{ name: 'gradient norm', points, color: 'blue', isFaint: true }]),
  };
}

const underWay = ({ steps }: RunCurves): string =>
  steps.length > 0 ? 'the first epoch is under way' : 'no records yet';

/** One line under the title: where the run stands, and how well it once stood. */
function standing(
  run: RunCurves,
  quantity: Quantity,
  format: (value: number) => string,
  best: 'lowest' | 'highest',
): string {
  const trained = epochPoints(run, 'epoch', ({ train }) => train[quantity]).at(-1);
  const validation = epochPoints(run, 'epoch', ({ validation }) => validation?.[quantity]);
  const validated = validation.at(-1);
  const last = trained ?? validated;
  if (!last) return underWay(run);
  const parts = trained ? [`training ${format(trained[1])}`] : [];
  if (validated) {
    const better = (a: Point, b: Point) => (best === 'lowest' ? b[1] < a[1] : b[1] > a[1]);
    const [epoch, value] = validation.reduce((a, b) => (better(a, b) ? b : a));
    const record =
      epoch === validated[0] ? `the ${best} so far` : `${best} ${format(value)} after epoch ${epoch}`;
    parts.push(`validation ${format(validated[1])}${validation.length > 1 ? ` (${record})` : ''}`);
  }
  return `after epoch ${last[0]}: ${parts.join(', ')}`;
}
