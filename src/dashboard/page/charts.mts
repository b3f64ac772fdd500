/// <reference lib="dom" />
/** The curves, drawn by ECharts on canvases. */
import type { ECharts, EChartsOption, TooltipComponentOption } from 'echarts';
import type { Row, Snapshot, Table } from '../protocol.js';
import { byId, element } from './dom.mjs';
import { formatCount, formatNumber, formatPercent, formatRate, formatSpeed } from './format.mjs';
import { allRows, cellOf } from './model.mjs';

declare const echarts: typeof import('echarts');

export type Axis = 'step' | 'epoch';

interface Line {
  name: string;
  from: 'steps' | 'epochs';
  column: string;
  /** A custom property of the style sheet. */
  color: string;
  look: 'faint' | 'thin' | 'solid' | 'dashed';
  /** Explained by the title and not by the legend, which has no room for it on a phone. */
  isUnlisted?: boolean;
}

interface ChartSpec {
  title: string;
  lines: Line[];
  format(value: number): string;
  /** The highest value there can be. */
  ceiling?: number;
  /** Left out where none of its lines has a value. */
  needs?: string;
}

const loss = (column: string): Line[] => [
  { name: 'batches', from: 'steps', column, color: '--train', look: 'faint' },
  { name: 'training', from: 'epochs', column: `train.${column}`, color: '--train', look: 'solid' },
  {
    name: 'validation',
    from: 'epochs',
    column: `validation.${column}`,
    color: '--validation',
    look: 'dashed',
  },
];

const heads = (columns: [string, string, string]): Line[] =>
  (['main', 'aux 1', 'aux 2'] as const).flatMap((head, i) => {
    const column = columns[i] ?? '';
    const color = ['--train', '--aux1', '--aux2'][i] ?? '';
    return [
      { name: head, from: 'steps', column, color, look: 'thin' },
      {
        name: `${head}, validation`,
        from: 'epochs',
        column: `validation.${column}`,
        color,
        look: 'dashed',
        isUnlisted: true,
      },
    ];
  });

const single = (name: string, column: string): Line[] => [
  { name, from: 'steps', column, color: '--other', look: 'thin' },
];

const percent = (value: number): string => formatPercent(value);

const CHARTS: ChartSpec[] = [
  { title: 'Loss', lines: loss('loss'), format: formatNumber },
  { title: 'Top-1 accuracy', lines: loss('top1'), format: percent, ceiling: 1 },
  {
    title: 'Loss of each head (dashed: validation)',
    lines: heads(['mainLoss', 'aux1Loss', 'aux2Loss']),
    format: formatNumber,
    needs: 'aux1Loss',
  },
  {
    title: 'Top-1 accuracy of each head (dashed: validation)',
    lines: heads(['top1', 'aux1Top1', 'aux2Top1']),
    format: percent,
    ceiling: 1,
    needs: 'aux1Top1',
  },
  { title: 'Learning rate', lines: single('learning rate', 'lr'), format: formatRate },
  {
    title: 'Speed (images/s)',
    lines: single('images/s', 'imagesPerSecond'),
    format: formatSpeed,
    needs: 'imagesPerSecond',
  },
  {
    title: 'Gradient norm',
    lines: single('gradient norm', 'gradNorm'),
    format: formatNumber,
    needs: 'gradNorm',
  },
];

/** Rows on each side that a smoothed point is the mean of, as a share of all. */
const SMOOTHING = 1 / 60;

export class Charts {
  readonly #charts = new Map<ChartSpec, { figure: HTMLElement; chart: ECharts }>();
  axis: Axis = 'step';

  show(snapshot: Snapshot): void {
    const hasRows = snapshot.steps.rows.length > 0;
    byId('no-curves').hidden = hasRows;
    for (const spec of CHARTS) {
      const isShown = hasRows && hasValues(snapshot.steps, spec.needs ?? 'step');
      const made = isShown ? this.#chart(spec) : this.#charts.get(spec);
      if (made) made.figure.hidden = !isShown;
      // Only the lines are replaced: those that were switched off in the legend stay off.
      if (isShown) made?.chart.setOption(optionOf(spec, snapshot, this.axis), { replaceMerge: 'series' });
    }
  }

  #chart(spec: ChartSpec) {
    const known = this.#charts.get(spec);
    if (known) return known;
    const canvas = element('div', { class: 'canvas', role: 'img', 'aria-label': spec.title });
    const figure = element('figure', { class: 'chart' }, element('figcaption', {}, spec.title), canvas);
    byId('charts').append(figure);
    const chart = echarts.init(canvas);
    new ResizeObserver(() => chart.resize()).observe(canvas);
    const made = { figure, chart };
    this.#charts.set(spec, made);
    return made;
  }
}

const hasValues = (table: Table, column: string): boolean =>
  allRows(table).some((row) => cellOf(table, row, column) !== null);

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);

function optionOf(spec: ChartSpec, snapshot: Snapshot, axis: Axis): EChartsOption {
  const text = { color: color('--soft'), fontFamily: getComputedStyle(document.body).fontFamily };
  const lines = spec.lines
    .map((line) => ({ line, data: points(line, snapshot, axis) }))
    .filter(({ data }) => data.length > 0);
  const listed = lines.filter(({ line }) => !line.isUnlisted).map(({ line }) => line.name);
  const axisLine = {
    axisLabel: text,
    axisLine: { lineStyle: { color: color('--line') } },
    splitLine: { lineStyle: { color: color('--line') } },
  };
  return {
    animation: false,
    textStyle: text,
    grid: { left: 8, right: 18, top: 12, bottom: listed.length > 1 ? 34 : 10, containLabel: true },
    legend: {
      show: listed.length > 1,
      data: listed,
      // A head without its validation would be half a choice.
      selectedMode: listed.length === lines.length,
      bottom: 2,
      textStyle: text,
      itemWidth: 26,
      itemGap: 14,
    },
    tooltip: tooltip(spec, axis),
    xAxis: {
      type: 'value',
      ...axisLine,
      splitLine: { show: false },
      axisLabel: { ...text, hideOverlap: true },
      max: 'dataMax',
      min: 0,
    },
    yAxis: {
      type: 'value',
      ...axisLine,
      scale: spec.ceiling === undefined,
      ...(spec.ceiling === undefined ? {} : { min: 0 }),
      axisLabel: {
        ...text,
        formatter: (value: number) =>
          spec.ceiling === 1 ? `${Math.round(value * 100)} %` : String(Number(value.toPrecision(6))),
      },
    },
    series: lines.map(({ line, data }) => seriesOf(line, data)),
  };
}

/** Drawn on the canvas and not made of HTML. */
function tooltip(spec: ChartSpec, axis: Axis): TooltipComponentOption {
  return {
    trigger: 'axis',
    renderMode: 'richText',
    backgroundColor: color('--card'),
    borderColor: color('--line'),
    textStyle: { color: color('--text') },
    valueFormatter: (value) => (typeof value === 'number' ? spec.format(value) : '–'),
    axisPointer: {
      label: {
        formatter: ({ value }) =>
          axis === 'step' ? `step ${formatCount(Number(value))}` : `epoch ${Number(value).toFixed(2)}`,
      },
    },
  };
}

const LOOKS = {
  faint: { width: 1, opacity: 0.45, type: 'solid', symbol: 'none' },
  thin: { width: 1.6, opacity: 1, type: 'solid', symbol: 'none' },
  solid: { width: 2.2, opacity: 1, type: 'solid', symbol: 'circle' },
  dashed: { width: 2, opacity: 1, type: 'dashed', symbol: 'diamond' },
} as const;

function seriesOf(line: Line, data: Point[]) {
  const { symbol, ...lineStyle } = LOOKS[line.look];
  // Where there are many epochs, their marks would hide the line.
  const hasMarks = symbol !== 'none' && data.length <= 60;
  return {
    type: 'line' as const,
    name: line.name,
    data,
    color: color(line.color),
    lineStyle,
    symbol: hasMarks ? symbol : 'none',
    symbolSize: 7,
    emphasis: { disabled: true },
    // Without a mark on the line there is none in its legend.
    itemStyle: { opacity: symbol === 'none' ? 0 : 1 },
  };
}

type Point = [number, number];

function points(line: Line, snapshot: Snapshot, axis: Axis): Point[] {
  const table = snapshot[line.from];
  const perEpoch = snapshot.progress.stepsPerEpoch ?? 1;
  const at = (row: Row) => (cellOf(table, row, 'step') ?? 0) / (axis === 'step' ? 1 : perEpoch);
  const found = allRows(table).flatMap((row): Point[] => {
    const value = cellOf(table, row, line.column);
    return value === null ? [] : [[at(row), value]];
  });
  const isNoisy = line.look === 'thin' && line.column !== 'lr';
  return isNoisy ? smooth(found) : found;
}

/** The mean of each point and its neighbours. */
function smooth(found: readonly Point[]): Point[] {
  const reach = Math.floor(found.length * SMOOTHING);
  let sum = 0;
  const sums = [0, ...found.map(([, value]) => (sum += value))];
  return found.map(([at], i) => {
    const [from, to] = [Math.max(0, i - reach), Math.min(found.length, i + reach + 1)];
    return [at, ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from)];
  });
}
