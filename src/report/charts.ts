/** Curves as SVG. Takes tens of milliseconds: in a process that trains, call it through `writeCurves`, off the JS thread. */
import * as echarts from 'echarts';
import { type Curves, curvesOf, type Point, type Quantity } from './curves.js';
import type { RunRecord } from './records.js';

export const CHART_WIDTH = 800;
export const CHART_HEIGHT = 450;
export const FONT_FAMILY = 'DejaVu Sans';

export interface RenderedCurves {
  /** Total loss of training and validation, as an SVG document. */
  loss: string;
  /** Top-1 accuracy of training and validation, as an SVG document. */
  accuracy: string;
}

export function renderCurves(records: readonly RunRecord[]): RenderedCurves {
  return { loss: renderChart(records, LOSS), accuracy: renderChart(records, ACCURACY) };
}

interface ChartSpec {
  quantity: Quantity;
  title: string;
  axis: string;
  format(value: number): string;
  /** A label of the vertical axis whose ticks are `step` apart. */
  formatTick(value: number, step: number): string;
  best: 'lowest' | 'highest';
  /** The highest value there can be. */
  ceiling: number;
}

const LOSS: ChartSpec = {
  quantity: 'loss',
  title: 'Loss',
  axis: 'total loss',
  format: (value) => value.toPrecision(4),
  formatTick: (value, step) => value.toFixed(Math.max(0, -Math.floor(Math.log10(step)))),
  best: 'lowest',
  ceiling: Number.POSITIVE_INFINITY,
};

const ACCURACY: ChartSpec = {
  quantity: 'top1',
  title: 'Top-1 accuracy',
  axis: 'pictures classified correctly',
  format: (value) => `${(value * 100).toFixed(1)} %`,
  formatTick: (value, step) => `${(value * 100).toFixed(Math.max(0, -2 - Math.floor(Math.log10(step))))} %`,
  best: 'highest',
  ceiling: 1,
};

/** Told apart by readers with any colour vision, and in grey by their lightness. */
const TRAIN_COLOUR = '#0072b2';
const VALIDATION_COLOUR = '#d55e00';
const TEXT = { fontFamily: `${FONT_FAMILY}, Verdana, sans-serif`, color: '#333333', fontSize: 13 };
const GRID_LINE = { show: true, lineStyle: { color: '#e3e3e3' } };
const AXIS_LINE = { show: true, onZero: false, lineStyle: { color: '#888888' } };

function renderChart(records: readonly RunRecord[], spec: ChartSpec): string {
  const curves = curvesOf(records, spec.quantity);
  const lines = series(curves);
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
  });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: TEXT,
      title: {
        text: spec.title,
        subtext: summary(curves, spec),
        left: 20,
        top: 14,
        textStyle: { ...TEXT, fontSize: 19, fontWeight: 'bold', color: '#111111' },
        subtextStyle: { ...TEXT, color: '#666666' },
      },
      legend: { right: 28, top: 16, itemGap: 30, itemWidth: 28, textStyle: TEXT, data: legend(lines) },
      grid: { left: 78, right: 28, top: 84, bottom: 58 },
      xAxis: epochAxis(curves),
      yAxis: valueAxis(curves, spec),
      series: lines,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function series(curves: Curves): echarts.LineSeriesOption[] {
  const line = (
    name: string,
    data: Point[],
    color: string,
    more: echarts.LineSeriesOption,
  ): echarts.LineSeriesOption => ({
    name,
    type: 'line',
    data,
    color,
    symbol: 'circle',
    // A single point has no line; among many, dots would hide it.
    showSymbol: data.length <= 40,
    symbolSize: 7,
    lineStyle: { width: 2.5 },
    ...more,
  });
  const faint = { showSymbol: false, symbol: 'none', lineStyle: { width: 1, opacity: 0.45 } };
  return [
    line('training, by step', curves.steps, TRAIN_COLOUR, faint),
    line('training, by epoch', curves.train, TRAIN_COLOUR, {}),
    line('validation', curves.validation, VALIDATION_COLOUR, { symbol: 'diamond', symbolSize: 9 }),
  ].filter(({ data }) => (data as Point[]).length > 0);
}

/** The key shows a dot only where the chart does. */
const legend = (lines: readonly echarts.LineSeriesOption[]) =>
  lines.map(({ name, symbol }) => ({
    name: String(name),
    itemStyle: { opacity: symbol === 'none' ? 0 : 1 },
  }));

/** One line under the title: where the run stands, and how well it once stood. */
function summary({ steps, train, validation }: Curves, { format, best }: ChartSpec): string {
  const last = train.at(-1) ?? validation.at(-1);
  if (!last) return steps.length > 0 ? 'the first epoch is under way' : 'no records yet';
  const parts = [];
  const [trained, validated] = [train.at(-1), validation.at(-1)];
  if (trained) parts.push(`training ${format(trained[1])}`);
  if (validated) {
    const better = (a: Point, b: Point) => (best === 'lowest' ? b[1] < a[1] : b[1] > a[1]);
    const [epoch, value] = validation.reduce((a, b) => (better(a, b) ? b : a));
    const record =
      epoch === validated[0] ? `the ${best} so far` : `${best} ${format(value)} after epoch ${epoch}`;
    parts.push(`validation ${format(validated[1])}${validation.length > 1 ? ` (${record})` : ''}`);
  }
  return `after epoch ${last[0]}: ${parts.join(', ')}`;
}

function epochAxis(curves: Curves): echarts.XAXisComponentOption {
  const last = Math.max(
    ...[curves.steps, curves.train, curves.validation].map((points) => points.at(-1)?.[0] ?? 0),
  );
  const max = Math.max(1, Math.ceil(last - 1e-9));
  const interval = Math.max(1, roundStep(max / 12));
  return {
    type: 'value',
    name: 'epoch',
    nameLocation: 'middle',
    nameGap: 34,
    nameTextStyle: TEXT,
    min: 0,
    max,
    interval,
    // Else the last epoch is labelled even where it would run into the tick before it.
    axisLabel: { ...TEXT, showMaxLabel: max % interval === 0 },
    axisTick: { show: true },
    axisLine: AXIS_LINE,
    splitLine: { show: false },
  };
}

function valueAxis(curves: Curves, { axis, formatTick, ceiling }: ChartSpec): echarts.YAXisComponentOption {
  const top = highest(curves);
  const step = roundStep((top || 1) / 5);
  const max = Math.min(ceiling, step * Math.ceil((top || 1) / step - 1e-9));
  return {
    type: 'value',
    name: axis,
    nameLocation: 'middle',
    nameGap: 54,
    nameTextStyle: TEXT,
    min: 0,
    max,
    interval: step,
    axisLabel: { ...TEXT, formatter: (value: number) => formatTick(value, step) },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: GRID_LINE,
  };
}

/** What the axis must reach. Two of a hundred steps may leave the chart, so that one wild batch does not flatten the rest. */
function highest({ steps, train, validation }: Curves): number {
  const values = steps.map(([, value]) => value).sort((a, b) => a - b);
  const usual = values[Math.ceil(values.length * 0.98) - 1] ?? 0;
  return [...train, ...validation].reduce((max, [, value]) => Math.max(max, value), usual);
}

/** The next number up that reads well as the distance of ticks: 1, 2 or 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5].find((candidate) => candidate * power >= step - power * 1e-9) ?? 10;
  return digit * power;
}
