import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { GoogLeNetError, isErrorCode } from '../errors.js';
import type { RenderReply } from './render-worker.js';

export interface CurveFiles {
  loss: { svg: string; png: string };
  accuracy: { svg: string; png: string };
}

/**
 * Draws the curves of a run from its `metrics.jsonl` into `loss.svg`, `loss.png`, `accuracy.svg` and `accuracy.png` beside it, in
 * a worker thread: loading the chart library alone would stop the JS thread for 0.1 s.
 * @returns the paths of the four files.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `INVALID_RUN_LOG`.
 */
export async function writeCurves(runDir: string): Promise<CurveFiles> {
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
  const files = (name: string) => ({ svg: join(runDir, `${name}.svg`), png: join(runDir, `${name}.png`) });
  return { loss: files('loss'), accuracy: files('accuracy') };
}
