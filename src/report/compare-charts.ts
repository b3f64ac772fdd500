/** The same curve of several runs in one chart. */
import type { Chart, Line, Marker } from './chart.js';
import type { ComparedRun } from './compare.js';
import { curvesOf, epochPoints, type Point, type RunCurves, stepPoints } from './curves.js';
import { printable, shorten } from './html.js';
import type { ColorName } from './palette.js';
import { ACCURACY_AXIS, LOSS_AXIS } from './run-charts.js';

// Four dashes by four markers tell sixteen runs apart without colors; neighbours differ in both.
const COLORS: readonly ColorName[] = ['blue', 'vermilion', 'green', 'purple', 'amber', 'sky', 'black'];
const DASHES: readonly (readonly number[] | null)[] = [null, [9, 4], [2, 3], [10, 3, 2, 3]];
const MARKERS: readonly Marker[] = ['circle', 'diamond', 'triangle', 'rect'];

/** How run number `i` is drawn in every chart. */
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

/** Points of a training curve: fewer than in the chart of one run, since they cannot be faint here. */
const SMOOTH = 60;

/** Those for which any of the runs has points. */
export function compareCharts(runs: readonly ComparedRun[]): Chart[] {
  const curves = runs.map(({ records }) => curvesOf(records));
  const lines = (points: (run: RunCurves) => Point[]): Line[] =>
    runs
      .map((run, i) => ({ ...runStyle(run, i), points: points(curves[i] ?? curvesOf([])) }))
      .filter((line) => line.points.length > 0);
  const charts: Chart[] = [
    {
      ...LOSS_AXIS,
      title: 'Training loss',
      subtitle: 'means of neighbouring steps',
      axis: 'total loss',
      lines: lines((run) => stepPoints(run, 'epoch', ({ loss }) => loss, SMOOTH)),
    },
    {
      ...LOSS_AXIS,
      title: 'Validation loss',
      subtitle: 'after each epoch',
      axis: 'total loss',
      lines: lines((run) => epochPoints(run, 'epoch', ({ validation }) => validation?.loss)),
    },
    {
      ...ACCURACY_AXIS,
      title: 'Training accuracy',
      subtitle: 'top-1; means of neighbouring steps',
      axis: 'classified correctly',
      lines: lines((run) => stepPoints(run, 'epoch', ({ top1 }) => top1, SMOOTH)),
    },
    {
      ...ACCURACY_AXIS,
      title: 'Validation accuracy',
      subtitle: 'top-1, after each epoch',
      axis: 'classified correctly',
      lines: lines((run) => epochPoints(run, 'epoch', ({ validation }) => validation?.top1)),
    },
    {
      ...LOSS_AXIS,
      title: 'Learning rate',
      subtitle: 'by step',
      axis: 'learning rate',
      lines: lines((run) => stepPoints(run, 'epoch', ({ lr }) => lr)),
    },
  ];
  return charts.filter(({ lines }) => lines.length > 0);
}
