// Draws the charts of docs/performance.md and fills in its tables, both from docs/figures/performance.json: `node scripts/bench/charts.mjs`
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as echarts from 'echarts';

const docs = join(dirname(fileURLToPath(import.meta.url)), '../../docs');
const figures = join(docs, 'figures');
const { machines, training } = JSON.parse(readFileSync(join(figures, 'performance.json'), 'utf8'));

// The colors of report.html (src/report/palette.ts).
const COLORS = { ours: '#0072b2', others: '#9a9a9a', ink: '#333333', title: '#111111', muted: '#666666' };
const TEXT = { fontFamily: 'DejaVu Sans, Verdana, sans-serif', fontSize: 13, color: COLORS.ink };

const MEASURES = [
  { key: 'latencyMs', title: 'Latency, batch 1', unit: 'ms', better: 'less is better' },
  { key: 'imagesPerSecond', title: 'Throughput, batch 32', unit: 'images/s', better: 'more is better' },
  { key: 'eventLoopMs', title: 'Event-loop delay, p99, under load', unit: 'ms', better: 'less is better' },
];
const STEP = { key: 'stepMs', title: 'Time of a step', unit: 'ms', better: 'less is better' };

const COLUMNS = [
  ['latency, batch 1', 'latencyMs', 'ms'],
  ['p99', 'p99Ms', 'ms'],
  ['throughput, batch 32', 'imagesPerSecond', 'images/s'],
  ['event-loop delay, p99', 'eventLoopMs', 'ms'],
  ['cold start', 'coldStartMs', 'ms'],
  ['memory', 'memoryMiB', 'MiB'],
];

const BAR = 26;
const LAYOUT = { width: 860, labels: 200, values: 110, top: 60, title: 46, gap: 22 };

const inText = (value) =>
  value.toLocaleString('en-US', {
    maximumFractionDigits: value < 100 ? 1 : 0,
    minimumFractionDigits: value < 20 ? 1 : 0,
  });

/** One panel for each measure, one bar for each side that has it; the sides keep their order in all panels. */
function chart(title, sides, measures) {
  const panels = [];
  let y = LAYOUT.top;
  for (const measure of measures) {
    const rows = sides.filter(({ [measure.key]: value }) => value !== undefined).toReversed();
    panels.push({ measure, rows, top: y + LAYOUT.title, height: rows.length * BAR });
    y += LAYOUT.title + rows.length * BAR + LAYOUT.gap;
  }
  const size = { width: LAYOUT.width, height: y };
  const drawing = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  drawing.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: TEXT,
    title: [
      {
        text: title,
        left: 20,
        top: 18,
        textStyle: { ...TEXT, fontSize: 18, fontWeight: 'bold', color: COLORS.title },
      },
      ...panels.map(({ measure, top }) => ({
        text: `${measure.title} (${measure.unit}; ${measure.better})`,
        left: 20,
        top: top - 28,
        textStyle: { ...TEXT, fontWeight: 'bold' },
      })),
    ],
    grid: panels.map(({ top, height }) => ({ left: LAYOUT.labels, right: LAYOUT.values, top, height })),
    xAxis: panels.map((_, i) => ({ gridIndex: i, type: 'value', min: 0, show: false, max: 'dataMax' })),
    yAxis: panels.map(({ rows }, i) => ({
      gridIndex: i,
      type: 'category',
      data: rows.map(({ name }) => name),
      axisLabel: TEXT,
      axisLine: { show: false },
      axisTick: { show: false },
    })),
    series: panels.map(({ measure, rows }, i) => ({
      type: 'bar',
      xAxisIndex: i,
      yAxisIndex: i,
      barWidth: 16,
      silent: true,
      data: rows.map((row) => ({
        value: row[measure.key],
        itemStyle: { color: row.ours ? COLORS.ours : COLORS.others },
      })),
      label: { ...TEXT, show: true, position: 'right', formatter: ({ value }) => inText(value) },
    })),
  });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return svg.replace(/<style >.*?<\/style>| (class|pointer-events|ecmeta_\w+)="[^"]*"/gs, '');
}

function table(sides) {
  const rows = sides.map((side) => [
    side.name,
    ...COLUMNS.map(([, key, unit]) => (side[key] === undefined ? '' : `${inText(side[key])} ${unit}`)),
  ]);
  const lines = [['', ...COLUMNS.map(([name]) => name)], ['', ...COLUMNS].map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const page = join(docs, 'performance.md');
let text = readFileSync(page, 'utf8');
for (const [name, { title, sides }] of Object.entries(machines)) {
  writeFileSync(join(figures, `performance-${name}.svg`), `${chart(title, sides, MEASURES)}\n`);
  const block = new RegExp(`(<!-- table ${name} -->\n)[^]*?(<!-- end -->)`);
  text = text.replace(block, (_, start, end) => `${start}\n${table(sides)}\n\n${end}`);
}
writeFileSync(join(figures, 'training-speed.svg'), `${chart(training.title, training.sides, [STEP])}\n`);
writeFileSync(page, text);
