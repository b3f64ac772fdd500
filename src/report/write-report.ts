import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { GoogLeNetError, isErrorCode } from '../core/errors.js';
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
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_RUN_LOG`; `OUT_OF_MEMORY` also where the system has no thread to give.
 */
export async function writeReport(runDir: string): Promise<ReportFiles> {
  const worker = startWorker(runDir);
  let reply: RenderReply = {
    ok: false,
    code: undefined,
    message: 'The thread that draws ended without an answer.',
  };
  worker.on('message', (message: RenderReply) => {
    reply = message;
  });
  await once(worker, 'exit').catch((cause: Error) => {
    throw notStarted(cause);
  });
  if (!reply.ok) {
    if (isErrorCode(reply.code)) throw new GoogLeNetError(reply.code, reply.message);
    throw new Error(reply.message);
  }
  return reportFiles(runDir);
}

function startWorker(runDir: string): Worker {
  try {
    return new Worker(join(__dirname, 'render-worker.js'), { workerData: runDir });
  } catch (cause) {
    throw notStarted(cause as Error);
  }
}

/** Workers of which the system has no more, or that have no memory, are no fault of the program. */
function notStarted(cause: NodeJS.ErrnoException): Error {
  if (!/EAGAIN|ERR_WORKER_(INIT_FAILED|OUT_OF_MEMORY)/.test(`${cause.code} ${cause.message}`)) return cause;
  const message = `The report cannot be drawn: there is no thread or memory for it (${cause.message}). Raise the system's limits.`;
  return new GoogLeNetError('OUT_OF_MEMORY', message, { cause });
}
