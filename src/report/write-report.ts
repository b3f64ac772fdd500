import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { GoogLeNetError, isErrorCode } from '../errors.js';
import type { RenderReply } from './render-worker.js';

/** The charts of a run that are files of their own, each as SVG and PNG. */
export const CHART_FILES = ['loss', 'accuracy', 'learning-rate', 'speed'] as const;

export type ReportFiles = { report: string } & Record<
  (typeof CHART_FILES)[number],
  { svg: string; png: string }
>;

/** Where they lie in the folder of a run. */
export function reportFiles(runDir: string): ReportFiles {
  const chart = (name: string) => ({ svg: join(runDir, `${name}.svg`), png: join(runDir, `${name}.png`) });
  return {
    report: join(runDir, 'report.html'),
    loss: chart('loss'),
    accuracy: chart('accuracy'),
    'learning-rate': chart('learning-rate'),
    speed: chart('speed'),
  };
}

/**
 * Writes what there is to see of a run into its folder: `report.html`, and the curves of loss, accuracy, learning rate and speed,
 * each as SVG and PNG. Reads metrics.jsonl and, where they are there, settings.json and validation.json. Works in a thread of its
 * own: loading the chart library alone would stop the JS thread for 0.1 s.
 * @returns the paths of the files.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_RUN_LOG`.
 */
export async function writeReport(runDir: string): Promise<ReportFiles> {
  const worker = new Worker(join(__dirname, 'render-worker.js'), { workerData: runDir });
  let reply: RenderReply = {
    ok: false,
    code: undefined,
    message: 'The thread that draws ended without an answer.',
  };
  worker.on('message', (message: RenderReply) => {
    reply = message;
  });
  await once(worker, 'exit');
  if (!reply.ok) {
    if (isErrorCode(reply.code)) throw new GoogLeNetError(reply.code, reply.message);
    throw new Error(reply.message);
  }
  return reportFiles(runDir);
}
