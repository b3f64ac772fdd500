/** The charts of one run, by name. */
import type { RunRecord } from '../run/records/records.js';
import type { Chart } from './chart.js';
import { curvesOf } from './curves.js';
import { hasAuxHeads, headAccuraciesChart, headLossesChart } from './head-charts.js';
import { accuracyChart, lossChart } from './loss-charts.js';
import { gradientNormChart, learningRateChart, speedChart } from './step-charts.js';

export type ChartName =
  | 'loss'
  | 'accuracy'
  | 'head-losses'
  | 'head-accuracies'
  | 'learning-rate'
  | 'speed'
  | 'gradient-norm';

/** Charts without values have no lines. */
export function runCharts(records: readonly RunRecord[]): Record<ChartName, Chart> {
  const run = curvesOf(records);
  // The lines of a single head would repeat those of the whole model.
  const ofHeads = (chart: Chart): Chart => (hasAuxHeads(run) ? chart : { ...chart, lines: [] });
  return {
    loss: lossChart(run),
    accuracy: accuracyChart(run),
    'head-losses': ofHeads(headLossesChart(run)),
    'head-accuracies': ofHeads(headAccuraciesChart(run)),
    'learning-rate': learningRateChart(run),
    speed: speedChart(run),
    'gradient-norm': gradientNormChart(run),
  };
}
