/** What a run measures in steps: learning rate, speed and gradient norm. */

import type { Chart } from './chart.js';
import { GRADIENT_NORM, LEARNING_RATE, SPEED } from './chart-axes.js';
import { endOf, epochPoints, type RunCurves, stepPoints } from './curves.js';
import { formatCount, formatRate, formatSpeed } from './format.js';
import { noEpochYet, withPoints } from './quantity-lines.js';

export function learningRateChart(run: RunCurves): Chart {
  const [first, last] = [run.steps[0], run.steps.at(-1)];
  const points = stepPoints(run, 'step', ({ lr }) => lr);
  return {
    ...{ ...LEARNING_RATE, title: 'Learning rate', x: 'step', xEnd: endOf(run, 'step') },
    subtitle:
      first && last
        ? `${formatRate(first.lr)} at first, ${formatRate(last.lr)} in step ${formatCount(last.step)}`
        : 'no records yet',
    lines: withPoints([{ name: 'learning rate', points, color: 'blue', marker: 'none' }]),
  };
}

export function speedChart(run: RunCurves): Chart {
  const steps = stepPoints(run, 'step', ({ imagesPerSecond }) => imagesPerSecond);
  const epochs = epochPoints(run, 'step', ({ imagesPerSecond }) => imagesPerSecond);
  const latest = epochs.at(-1);
  return {
    ...{ ...SPEED, title: 'Training speed', x: 'step', xEnd: endOf(run, 'step') },
    subtitle: latest ? `${formatSpeed(latest[1])} images/s in the latest epoch` : noEpochYet(run),
    lines: withPoints([
      { name: 'by step', points: steps, color: 'blue', isFaint: true },
      { name: 'mean of each epoch (faint: by step)', points: epochs, color: 'blue' },
    ]),
  };
}

export function gradientNormChart(run: RunCurves): Chart {
  const points = stepPoints(run, 'step', ({ gradNorm }) => gradNorm);
  return {
    ...{ ...GRADIENT_NORM, title: 'Gradient norm', x: 'step', xEnd: endOf(run, 'step') },
    subtitle: 'norm of all gradients before clipping',
    lines: withPoints([{ name: 'gradient norm', points, color: 'blue', isFaint: true }]),
  };
}
