/** Loss and accuracy of a run, in training and in validation. */

import type { Chart, Line } from './chart.js';
import { ACCURACY, TOTAL_LOSS } from './chart-axes.js';
import { endOf, epochPoints, type Point, type RunCurves } from './curves.js';
import { formatLoss, formatPercent } from './format.js';
import { noEpochYet, type Quantity, quantityPoints, withPoints, xAxisOf } from './quantity-lines.js';

export function lossChart(run: RunCurves): Chart {
  return {
    ...{ ...TOTAL_LOSS, title: 'Loss', x: xAxisOf(run), xEnd: endOf(run, xAxisOf(run)) },
    subtitle: latestText(run, 'loss', formatLoss, 'lowest'),
    lines: withPoints(quantityLines(run, 'loss')),
  };
}

export function accuracyChart(run: RunCurves): Chart {
  const dash = [3, 3];
  const train = epochPoints(run, 'epoch', ({ train }) => train.top5);
  const validation = epochPoints(run, 'epoch', ({ validation }) => validation?.top5);
  return {
    ...{ ...ACCURACY, title: 'Accuracy', x: xAxisOf(run), xEnd: endOf(run, xAxisOf(run)) },
    subtitle: latestText(run, 'top1', formatPercent, 'highest'),
    lines: withPoints([
      ...quantityLines(run, 'top1'),
      { name: 'training, top-5', points: train, color: 'blue', dash },
      { name: 'validation, top-5', points: validation, color: 'vermilion', marker: 'diamond', dash },
    ]),
  };
}

function quantityLines(run: RunCurves, quantity: Quantity): Line[] {
  const { steps, train, validation } = quantityPoints(run, quantity);
  const name = steps.length > 0 ? 'training (faint: by step)' : 'training';
  return [
    { name: 'training, by step', points: steps, color: 'blue', isFaint: true },
    { name, points: train, color: 'blue' },
    { name: 'validation', points: validation, color: 'vermilion', marker: 'diamond' },
  ];
}

/** The values after the latest epoch, and the best of the validation. */
function latestText(
  run: RunCurves,
  quantity: Quantity,
  format: (value: number) => string,
  best: 'lowest' | 'highest',
): string {
  const { train, validation } = quantityPoints(run, quantity);
  const [latestTrain, latestValidation] = [train.at(-1), validation.at(-1)];
  const latest = latestTrain ?? latestValidation;
  if (!latest) return noEpochYet(run);
  const parts = latestTrain ? [`training ${format(latestTrain[1])}`] : [];
  if (latestValidation) {
    const better = (a: Point, b: Point) => (best === 'lowest' ? b[1] < a[1] : b[1] > a[1]);
    const [epoch, value] = validation.reduce((a, b) => (better(a, b) ? b : a));
    const bestText =
      epoch === latestValidation[0] ? `the ${best} so far` : `${best} ${format(value)} after epoch ${epoch}`;
    parts.push(`validation ${format(latestValidation[1])}${validation.length > 1 ? ` (${bestText})` : ''}`);
  }
  return `after epoch ${latest[0]}: ${parts.join(', ')}`;
}
