/** The same curve of several runs in one chart. */
import type { Chart, Line, Marker } from './chart.js';
import { LEARNING_RATE, TOP1, TOTAL_LOSS } from './chart-axes.js';
import type { ComparedRun } from './compare.js';
import { curvesOf, endOf, epochPoints, type Point, type RunCurves, stepPoints } from './curves.js';
import { printable, shorten } from './html.js';
import type { ColorName } from './palette.js';

// Four dashes times four markers tell sixteen runs apart without colors; neighbors differ in both.
const COLORS: readonly ColorName[] = ['blue', 'vermilion', 'green', 'purple', 'amber', 'sky', 'black'];
const DASHES: readonly (readonly number[] | null)[] = [null, [9, 4], [2, 3], [10, 3, 2, 3]];
const MARKERS: readonly Marker[] = ['circle', 'diamond', 'triangle', 'rect'];

/** The line of run number `i` in every chart. */
export function runStyle({ folder }: ComparedRun, i: number): Line {
  const dash = DASHES[i % DASHES.length] ?? null;
  return {
    name: shorten(printable(folder), 60),
    points: [],
    color: COLORS[i % COLORS.length] ?? 'blue',
    marker: MARKERS[(i + Math.floor(i / MARKERS.length)) % MARKERS.length] ?? 'circle',
    ...(dash === null ? {} : { dash }),
  };
}

/** Points of a training curve: fewer than in the chart of one run, because they are not faint here. */
const SMOOTH_POINTS = 60;

/** Charts for which at least one run has points. */
export function compareCharts(runs: readonly ComparedRun[]): Chart[] {
  const curves = runs.map(({ records }) => curvesOf(records));
  const axis = { x: 'epoch', xEnd: Math.max(0, ...curves.map((run) => endOf(run, 'epoch'))) } as const;
  const lines = (points: (run: RunCurves) => Point[]): Line[] =>
    runs
      .map((run, i) => ({ ...runStyle(run, i), points: points(curves[i] ?? curvesOf([])) }))
      .filter((line) => line.points.length > 0);
  const charts: Chart[] = [
    {
      ...{ ...TOTAL_LOSS, ...axis, title: 'Training loss', subtitle: 'means of neighboring steps' },
      lines: lines((run) => stepPoints(run, 'epoch', ({ loss }) => loss, SMOOTH_POINTS)),
    },
    {
      ...{ ...TOTAL_LOSS, ...axis, title: 'Validation loss', subtitle: 'after each epoch' },
      lines: lines((run) => epochPoints(run, 'epoch', ({ validation }) => validation?.loss)),
    },
    {
      ...{ ...TOP1, ...axis, title: 'Training accuracy', subtitle: 'means of neighboring steps' },
      lines: lines((run) => stepPoints(run, 'epoch', ({ top1 }) => top1, SMOOTH_POINTS)),
    },
    {
      ...{ ...TOP1, ...axis, title: 'Validation accuracy', subtitle: 'after each epoch' },
      lines: lines((run) => epochPoints(run, 'epoch', ({ validation }) => validation?.top1)),
    },
    {
      ...{ ...LEARNING_RATE, ...axis, title: 'Learning rate', subtitle: 'by step' },
      lines: lines((run) => stepPoints(run, 'epoch', ({ lr }) => lr)),
    },
  ];
  return charts.filter(({ lines }) => lines.length > 0);
}
