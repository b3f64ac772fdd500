import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { GoogLeNetError, isErrorCode } from '../core/errors.js';
import type { RenderReply } from './render-worker.js';
import { type ReportFiles, reportFiles } from './report-files.js';

export type { ReportFiles } from './report-files.js';

/**
 * Writes the report of a run into its folder: `report.html`, and the curves of loss, accuracy, learning rate and speed, each as SVG
 * and PNG. Reads metrics.jsonl and, where they exist, settings.json and validation.json. Runs in a worker thread: loading the chart
 * library alone would block the JS thread for 0.1 s.
 * @returns the paths of the files.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_RUN_LOG`; `OUT_OF_MEMORY` also where the system cannot start a thread.
 */
export async function writeReport(runDir: string): Promise<ReportFiles> {
  const worker = startWorker(runDir);
  let reply: RenderReply = {
    ok: false,
    code: undefined,
    message: 'The worker thread that draws the report exited without an answer.',
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

/** A lack of threads or memory for a worker is not an error of the program. */
function notStarted(cause: NodeJS.ErrnoException): Error {
  if (!/EAGAIN|ERR_WORKER_(INIT_FAILED|OUT_OF_MEMORY)/.test(`${cause.code} ${cause.message}`)) return cause;
  const message = `The report cannot be drawn: there is no thread or memory for it (${cause.message}). Raise the system's limits.`;
  return new GoogLeNetError('OUT_OF_MEMORY', message, { cause });
}
