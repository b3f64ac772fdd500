/** Loss and accuracy of each head of a model with auxiliary heads. */
import type { EpochRecord, StepRecord } from '../run/records/records.js';
import type { Chart, Line } from './chart.js';
import { LOSS, TOP1 } from './chart-axes.js';
import { endOf, type RunCurves } from './curves.js';
import { noEpochYet, type Quantity, quantityPoints, withPoints, xAxisOf } from './quantity-lines.js';

export function headLossesChart(run: RunCurves): Chart {
  return {
    ...{ ...LOSS, title: 'Loss of each head', x: xAxisOf(run), xEnd: endOf(run, xAxisOf(run)) },
    subtitle: subtitleOf(run),
    lines: headLines(run, ['mainLoss', 'aux1Loss', 'aux2Loss']),
  };
}

export function headAccuraciesChart(run: RunCurves): Chart {
  return {
    ...{ ...TOP1, title: 'Accuracy of each head', x: xAxisOf(run), xEnd: endOf(run, xAxisOf(run)) },
    subtitle: subtitleOf(run),
    lines: headLines(run, ['top1', 'aux1Top1', 'aux2Top1']),
  };
}

const subtitleOf = (run: RunCurves): string =>
  run.epochs.length > 0 ? 'means of each epoch; dashed: validation' : noEpochYet(run);

/** Whether the records have values of auxiliary heads. */
export const hasAuxHeads = ({ epochs, steps }: RunCurves): boolean =>
  [...steps, ...epochs.map(({ train }) => train)].some(
    (metrics: Pick<StepRecord | EpochRecord['train'], 'aux1Loss' | 'aux1Top1'>) =>
      metrics.aux1Loss !== null || metrics.aux1Top1 !== null,
  );

const HEADS = [
  { name: 'main', color: 'blue', marker: 'circle' },
  { name: 'auxiliary 1', color: 'green', marker: 'triangle' },
  { name: 'auxiliary 2', color: 'purple', marker: 'rect' },
] as const;

/** Training and, dashed, validation of the main head and the auxiliary heads. */
const headLines = (run: RunCurves, quantities: readonly [Quantity, Quantity, Quantity]): Line[] =>
  HEADS.flatMap((head, i) => {
    const { steps, train, validation } = quantityPoints(run, quantities[i] ?? quantities[0]);
    return withPoints([
      // The noise of three heads would hide the means.
      { ...head, name: `${head.name}, by step`, points: train.length > 0 ? [] : steps, isFaint: true },
      { ...head, points: train },
      { ...head, name: `${head.name}, validation`, points: validation, dash: [6, 4] },
    ]);
  });
