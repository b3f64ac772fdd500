/// <reference lib="dom" />
/** The curves, which ECharts draws on canvases. */
import type { ECharts } from 'echarts';
import type { Snapshot, Table } from '../protocol.js';
import { type AxisChoice, optionOf } from './chart-option.mjs';
import { CHARTS, type ChartSpec } from './chart-specs.mjs';
import { byId, element } from './dom.mjs';
import { allRows, cellOf } from './model.mjs';

declare const echarts: typeof import('echarts');

export class Charts {
  readonly #charts = new Map<ChartSpec, { figure: HTMLElement; chart: ECharts }>();
  readonly axes: AxisChoice = { x: 'step', isLogarithmic: false };

  show(snapshot: Snapshot): void {
    const hasRows = allRows(snapshot.steps).length > 0;
    byId('no-curves').hidden = hasRows;
    for (const spec of CHARTS) {
      const isShown = hasRows && hasValues(snapshot.steps, spec.needs);
      const made = isShown ? this.#chart(spec) : this.#charts.get(spec);
      if (made) made.figure.hidden = !isShown;
      // Replaces only the lines, so that those hidden by a click in the legend stay hidden.
      if (isShown) made?.chart.setOption(optionOf(spec, snapshot, this.axes), { replaceMerge: 'series' });
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
