/** Lines over epochs or steps, as SVG. Takes tens of milliseconds: in a process that trains, draw off the JS thread. */
import * as echarts from 'echarts';
import { countScale, valueScale } from './axes.js';
import type { Point, XAxis } from './curves.js';
import { type ColorName, color } from './palette.js';

export const FONT_FAMILY = 'DejaVu Sans';

export type Marker = 'circle' | 'diamond' | 'triangle' | 'rect' | 'none';

export interface Line {
  name: string;
  points: readonly Point[];
  color: ColorName;
  marker?: Marker;
  /** Lengths of dashes and gaps; none for a solid line. */
  dash?: readonly number[];
  /** Single steps behind the means over epochs: thin, without markers, and not in the key where the means are. */
  isFaint?: boolean;
}

export interface Chart {
  title: string;
  /** One line of text under the title. */
  subtitle: string;
  x: XAxis;
  /** What the vertical axis shows. */
  axis: string;
  /** A label of the vertical axis whose ticks are `step` apart. */
  formatTick(value: number, step: number): string;
  /** The highest value there can be. */
  ceiling: number;
  lines: readonly Line[];
}

interface ChartSize {
  width: number;
  height: number;
  /** Width of lines. */
  stroke: number;
  marker: number;
}

/** Of a file by itself. */
export const FILE_SIZE: ChartSize = { width: 800, height: 450, stroke: 2.5, marker: 7 };
/** Of a part of a page, whose title and key are text of the page: narrow, so that it can be read on a phone. */
const PART_SIZE: ChartSize = { width: 460, height: 270, stroke: 2, marker: 5 };

const TEXT = { fontFamily: `${FONT_FAMILY}, Verdana, sans-serif`, color: color('ink'), fontSize: 13 };
const AXIS_LINE = { show: true, onZero: false, lineStyle: { color: color('axis') } };
/** Among more points than these, a marker on each would hide the line. */
const MAX_MARKERS = 40;

/** A document of its own, with a title and, unless another place has one, a key. */
export const chartDocument = (chart: Chart, { hasKey = true } = {}): string =>
  render(chart, FILE_SIZE, {
    backgroundColor: color('paper'),
    title: {
      text: chart.title,
      subtext: chart.subtitle,
      left: 20,
      top: 14,
      textStyle: { ...TEXT, fontSize: 19, fontWeight: 'bold', color: color('title') },
      subtextStyle: { ...TEXT, color: color('muted') },
    },
    legend: {
      show: hasKey,
      ...{ left: 20, top: 66, itemGap: 36, itemWidth: 28 },
      textStyle: TEXT,
      data: legend(chart.lines),
    },
    grid: { left: 82, right: 40, top: 104, bottom: 56 },
  });

/** A part of a page: without title, key and ground. */
export const chartPart = (chart: Chart): string =>
  render(chart, PART_SIZE, { grid: { left: 72, right: 24, top: 12, bottom: 48 } });

function render(chart: Chart, size: ChartSize, frame: echarts.EChartsCoreOption): string {
  const { width, height } = size;
  const drawing = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    const named = new Set(namedLines(chart.lines));
    drawing.setOption({
      animation: false,
      textStyle: TEXT,
      ...frame,
      xAxis: horizontalAxis(chart, size),
      yAxis: verticalAxis(chart),
      series: chart.lines.map((line) => series(line, size, named.has(line) ? 1 : 0.45)),
    });
    return tidy(drawing.renderToSVGString());
  } finally {
    drawing.dispose();
  }
}

/** Without what only a script could use, and without markers of size 0: most of the bytes of a long run. */
const tidy = (svg: string): string =>
  svg
    .replace(/<path [^>]*"matrix\(0,0,0,0,[^>]*><\/path>\n/g, '')
    .replace(/<style >.*?<\/style>| (class|pointer-events|ecmeta_\w+)="[^"]*"/gs, '');

function series(line: Line, size: ChartSize, opacity: number): echarts.LineSeriesOption {
  const { name, points, color: hue, marker = 'circle', dash, isFaint } = line;
  const between = Math.ceil(points.length / MAX_MARKERS);
  // A single point has no line.
  const hasMarkers = points.length === 1 || !(isFaint || marker === 'none');
  return {
    name,
    type: 'line',
    data: points.map(([...point]) => point),
    color: color(hue),
    silent: true,
    symbol: hasMarkers ? (marker === 'none' ? 'circle' : marker) : 'none',
    showSymbol: hasMarkers,
    showAllSymbol: true,
    symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) =>
      dataIndex % between > 0 ? 0 : size.marker + (marker === 'diamond' ? 2 : 0),
    lineStyle: {
      width: isFaint ? 1 : size.stroke,
      opacity,
      ...(dash === undefined ? {} : { type: [...dash], cap: 'butt' }),
    },
  };
}

/** Lines that a reader must know the name of. Those of single steps have the color of their means. */
export function namedLines(lines: readonly Line[]): Line[] {
  const means = new Set(lines.filter(({ isFaint }) => !isFaint).map((line) => line.color));
  return lines.filter((line) => !line.isFaint || !means.has(line.color));
}

/** The key shows a marker only where the chart does. */
const legend = (lines: readonly Line[]) =>
  namedLines(lines).map(({ name, isFaint, marker }) => ({
    name,
    itemStyle: { opacity: isFaint || marker === 'none' ? 0 : 1 },
  }));

function horizontalAxis({ x, lines }: Chart, { width }: ChartSize): echarts.XAXisComponentOption {
  const scale = countScale(lines, width / (x === 'epoch' ? 65 : 90));
  return {
    type: 'value',
    name: x,
    nameLocation: 'middle',
    nameGap: 32,
    nameTextStyle: TEXT,
    min: 0,
    ...scale,
    axisLabel: {
      ...TEXT,
      formatter: (value: number) => value.toLocaleString('en-US'),
      // Else the last one is labelled even where it would run into the tick before it.
      showMaxLabel: scale.max % scale.interval === 0,
    },
    axisTick: { show: true },
    axisLine: AXIS_LINE,
    splitLine: { show: false },
  };
}

function verticalAxis({ axis, formatTick, ceiling, lines }: Chart): echarts.YAXisComponentOption {
  const scale = valueScale(lines, ceiling, 5);
  return {
    type: 'value',
    name: axis,
    nameLocation: 'middle',
    nameGap: 54,
    nameTextStyle: TEXT,
    min: 0,
    ...scale,
    axisLabel: { ...TEXT, formatter: (value: number) => formatTick(value, scale.interval) },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: color('grid') } },
  };
}
