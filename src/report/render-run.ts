import { toPng } from '../core/figures/png.js';
import { writeFileAtomic } from '../core/files/atomic-file.js';
import { readRunData } from '../run/records/run-data.js';
import { chartDocument } from './render-chart.js';
import { CHART_FILES, reportFiles } from './report-files.js';
import { runCharts } from './run-charts.js';
import { runPage } from './run-page.js';

/** Reads the folder of a run and writes its report and charts. Blocks its thread for about a second: see `writeReport`. */
export async function renderRun(runDir: string): Promise<void> {
  const run = await readRunData(runDir);
  const files = reportFiles(runDir);
  await writeFileAtomic(files.report, [Buffer.from(runPage(run))]);
  const charts = runCharts(run.records);
  for (const name of CHART_FILES) {
    const svg = chartDocument(charts[name]);
    await writeFileAtomic(files[name].svg, [Buffer.from(svg)]);
    await writeFileAtomic(files[name].png, [await toPng(svg)]);
  }
}
