import { join } from 'node:path';
import { writeFileAtomic } from '../formats/atomic-file.js';
import { renderCurves } from './charts.js';
import { toPng } from './png.js';
import { readRunRecords } from './run-log.js';

/** Reads the log of a run and writes its charts beside it. Blocks its thread for up to a second: see `writeCurves`. */
export async function renderRun(runDir: string): Promise<void> {
  const charts = renderCurves(await readRunRecords(runDir));
  for (const [name, svg] of Object.entries(charts)) {
    await writeFileAtomic(join(runDir, `${name}.svg`), [Buffer.from(svg)]);
    await writeFileAtomic(join(runDir, `${name}.png`), [await toPng(svg)]);
  }
}
