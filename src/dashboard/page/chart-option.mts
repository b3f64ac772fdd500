/// <reference lib="dom" />
/** A chart of the page as the options of ECharts. */
import type {
  EChartsOption,
  TooltipComponentOption,
  XAXisComponentOption,
  YAXisComponentOption,
} from 'echarts';
import type { Snapshot } from '../protocol.js';
import { endOf, type Point, pointsOf, type XAxis } from './chart-points.mjs';
import type { ChartSpec, LineSpec } from './chart-specs.mjs';
import { formatCount } from './format.mjs';

export interface AxisChoice {
  x: XAxis;
  /** Whether charts of losses and norms have a logarithmic axis. */
  isLogarithmic: boolean;
}

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);

export function optionOf(
  spec: ChartSpec,
  snapshot: Snapshot,
  { x, isLogarithmic }: AxisChoice,
): EChartsOption {
  const text = {
    color: color('--soft'),
    fontFamily: getComputedStyle(document.body).fontFamily,
    fontSize: 12,
  };
  const isLog = isLogarithmic && spec.mayBeLogarithmic === true;
  const lines = spec.lines
    .map((line) => ({ line, data: pointsOf(line, snapshot, x).filter(([, value]) => !isLog || value > 0) }))
    .filter(({ data }) => data.length > 0);
  const listed = lines.filter(({ line }) => !line.isUnlisted).map(({ line }) => line.name);
  const hasLegend = listed.length > 1;
  return {
    animation: false,
    textStyle: text,
    grid: { left: 62, right: 18, top: 14, bottom: hasLegend ? 70 : 46 },
    legend: {
      show: hasLegend,
      data: listed,
      // Hiding a head without its validation would hide half of it.
      selectedMode: listed.length === lines.length,
      bottom: 2,
      textStyle: text,
      itemWidth: 26,
      itemGap: 14,
    },
    tooltip: tooltip(spec, x),
    xAxis: horizontalAxis(endOf(snapshot, x), x, text),
    yAxis: verticalAxis(
      spec,
      isLog,
      lines.flatMap(({ data }) => data),
      text,
    ),
    series: lines.map(({ line, data }) => seriesOf(line, data)),
  };
}

type Text = { color: string; fontFamily: string; fontSize: number };

/** About as many ticks fit on a phone. */
const TICKS = 5;

function horizontalAxis(end: number, name: XAxis, text: Text): XAXisComponentOption {
  const max = Math.max(1, name === 'epoch' ? Math.ceil(end) : end);
  const interval = Math.max(1, roundStep(max / TICKS));
  return {
    ...{
      type: 'value',
      min: 0,
      max,
      interval,
      name,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: text,
    },
    // The end of the axis has a label only at a round number: another one could overlap the tick before it.
    axisLabel: {
      ...text,
      formatter: (value: number) => formatCount(value),
      showMaxLabel: max % interval === 0,
    },
    axisLine: { lineStyle: { color: color('--line') } },
    splitLine: { show: false },
  };
}

/** The next distance of ticks that reads well: 1, 2 or 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5].find((digit) => digit * power >= step * (1 - 1e-9)) ?? 10) * power;
}

function verticalAxis(
  spec: ChartSpec,
  isLog: boolean,
  points: readonly Point[],
  text: Text,
): YAXisComponentOption {
  const style = {
    nameLocation: 'middle',
    nameGap: 46,
    nameTextStyle: text,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: color('--line') } },
  } as const;
  if (isLog && points.length > 0) {
    const powers = points.map(([, value]) => Math.log10(value));
    const [least, most] = [powers.reduce((a, b) => Math.min(a, b)), powers.reduce((a, b) => Math.max(a, b))];
    return {
      ...{ ...style, type: 'log', name: `${spec.yTitle}, log scale` },
      ...{ min: 10 ** Math.floor(least), max: 10 ** Math.ceil(most) },
      axisLabel: { ...text, formatter: (value: number) => String(Number(value.toPrecision(6))) },
    };
  }
  const formatter = (value: number) =>
    spec.isFraction ? `${Math.round(value * 100)} %` : String(Number(value.toPrecision(6)));
  return {
    ...{ ...style, type: 'value', name: spec.yTitle, min: 0 },
    ...(spec.isFraction ? { max: 1 } : {}),
    axisLabel: { ...text, formatter },
  };
}

/** ECharts draws the tooltip on the canvas: names in it must not become HTML. */
function tooltip(spec: ChartSpec, x: XAxis): TooltipComponentOption {
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
          x === 'step'
            ? `step ${formatCount(Math.round(Number(value)))}`
            : `epoch ${Number(value).toFixed(2)}`,
      },
    },
  };
}

const STYLES = {
  faint: { width: 1, opacity: 0.45, type: 'solid', symbol: 'none' },
  thin: { width: 1.6, opacity: 1, type: 'solid', symbol: 'none' },
  solid: { width: 2.2, opacity: 1, type: 'solid', symbol: 'circle' },
  dashed: { width: 2, opacity: 1, type: 'dashed', symbol: 'diamond' },
} as const;

/** With more points than these, a marker on each would hide the line. */
const MAX_MARKERS = 60;

function seriesOf(line: LineSpec, data: Point[]) {
  const { symbol, ...lineStyle } = STYLES[line.style];
  return {
    type: 'line' as const,
    name: line.name,
    data,
    color: color(line.color),
    lineStyle,
    symbol: data.length <= MAX_MARKERS ? symbol : 'none',
    symbolSize: 7,
    emphasis: { disabled: true },
    // The legend shows a marker only where the line has one.
    itemStyle: { opacity: symbol === 'none' ? 0 : 1 },
  };
}
