/** Entry point of the worker thread that `writeReport` starts. */
import { parentPort, workerData } from 'node:worker_threads';
import { isErrorCode } from '../core/errors.js';
import { renderRun } from './render-run.js';

/** Errors lose their class on the way between threads, so the worker sends their parts. */
export type RenderReply = { ok: true } | { ok: false; code: unknown; message: string };

async function main(): Promise<RenderReply> {
  try {
    await renderRun(String(workerData));
    return { ok: true };
  } catch (error) {
    const { code, message, stack } = error as NodeJS.ErrnoException;
    return isErrorCode(code) ? { ok: false, code, message } : { ok: false, code, message: stack ?? message };
  }
}

main().then((reply) => parentPort?.postMessage(reply));
