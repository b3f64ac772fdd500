import { writeFileAtomic } from '../core/files/atomic-file.js';
import { readRunData } from '../run/records/run-data.js';
import { chartDocument } from './chart.js';
import { toPng } from './png.js';
import { runCharts } from './run-charts.js';
import { runPage } from './run-page.js';
import { CHART_FILES, reportFiles } from './write-report.js';

/** Reads the folder of a run and writes report and charts into it. Blocks its thread for a second: see `writeReport`. */
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
