/** Charts as SVG. Takes tens of milliseconds: in a process that trains, draw off the JS thread. */
import * as echarts from 'echarts';
import { FONT_STACK } from '../core/figures/font.js';
import { countRange, valueRange } from './axis-range.js';
import { type Chart, type Line, namedLines } from './chart.js';
import { tickPower } from './format.js';
import { color } from './palette.js';

interface ChartSize {
  width: number;
  height: number;
  /** Width of lines. */
  stroke: number;
  marker: number;
}

/** Size of a chart that is a file by itself. */
export const FILE_SIZE: ChartSize = { width: 800, height: 450, stroke: 2.5, marker: 7 };
/** Size of a chart on a page, whose title and legend are HTML: narrow, so that a phone can show it. */
const PAGE_SIZE: ChartSize = { width: 460, height: 270, stroke: 2, marker: 5 };

const TEXT = { fontFamily: FONT_STACK, color: color('ink'), fontSize: 13 };
const AXIS_TITLE = { ...TEXT, color: color('muted') };
const AXIS_LINE = { show: true, onZero: false, lineStyle: { color: color('axis') } };
/** With more points than these, a marker on each would hide the line. */
const MAX_MARKERS = 40;

/** A document of its own, with a title and, unless the legend is elsewhere, a legend. */
export const chartDocument = (chart: Chart, { hasLegend = true } = {}): string =>
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
      show: hasLegend,
      ...{ left: 20, top: 66, itemGap: 36, itemWidth: 28 },
      textStyle: TEXT,
      data: legendEntries(chart.lines),
    },
    grid: { left: 82, right: 40, top: 104, bottom: 56 },
  });

/** A part of a page: without title, legend and background. */
export const chartOnPage = (chart: Chart): string =>
  render(chart, PAGE_SIZE, { grid: { left: 72, right: 24, top: 12, bottom: 48 } });

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
    return tidy(drawing.renderToSVGString(), chart.title);
  } finally {
    drawing.dispose();
  }
}

/**
 * Removes what only a script could use, and markers of size 0, which are most of the bytes of a long run. Names ids after the chart:
 * ECharts counts them over all charts of the process, so the same chart would have other bytes each time.
 */
const tidy = (svg: string, title: string): string =>
  svg
    .replace(/<path [^>]*"matrix\(0,0,0,0,[^>]*><\/path>\n/g, '')
    .replace(/<style >.*?<\/style>| (class|pointer-events|ecmeta_\w+)="[^"]*"/gs, '')
    .replace(/(id="|"url\(#)zr\d+-/g, `$1${title.toLowerCase().replaceAll(' ', '-')}-`);

function series(line: Line, size: ChartSize, opacity: number): echarts.LineSeriesOption {
  const { name, points, color: hue, marker = 'circle', dash, isFaint } = line;
  const every = Math.ceil(points.length / MAX_MARKERS);
  // A single point has no line, so its marker shows it.
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
      dataIndex % every > 0 ? 0 : size.marker + (marker === 'diamond' ? 2 : 0),
    lineStyle: {
      width: isFaint ? 1 : size.stroke,
      opacity,
      ...(dash === undefined ? {} : { type: [...dash], cap: 'butt' }),
    },
  };
}

/** The legend shows a marker only where the chart does. */
const legendEntries = (lines: readonly Line[]) =>
  namedLines(lines).map(({ name, isFaint, marker }) => ({
    name,
    itemStyle: { opacity: isFaint || marker === 'none' ? 0 : 1 },
  }));

function horizontalAxis({ x, xEnd }: Chart, { width }: ChartSize): echarts.XAXisComponentOption {
  const range = countRange(xEnd, width / (x === 'epoch' ? 65 : 90));
  return {
    name: x,
    nameLocation: 'middle',
    nameGap: 32,
    nameTextStyle: AXIS_TITLE,
    ...range,
    axisLabel: {
      ...TEXT,
      formatter: (value: number) => value.toLocaleString('en-US'),
      // The end of the axis has a label only at a round number: another one could overlap the tick before it.
      showMaxLabel: range.max % range.interval === 0,
    },
    axisTick: { show: true },
    axisLine: AXIS_LINE,
    splitLine: { show: false },
  };
}

function verticalAxis(chart: Chart): echarts.YAXisComponentOption {
  const range = valueRange(chart, 5);
  const style = {
    nameLocation: 'middle',
    nameGap: 54,
    nameTextStyle: AXIS_TITLE,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: color('grid') } },
  } as const;
  if (range.type === 'log')
    return {
      ...style,
      ...range,
      name: `${chart.yTitle}, log scale`,
      axisLabel: { ...TEXT, formatter: tickPower },
    };
  const formatter = (value: number) => chart.formatTick(value, range.interval);
  return { ...style, ...range, name: chart.yTitle, axisLabel: { ...TEXT, formatter } };
}
