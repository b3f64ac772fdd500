import { formatMegabytes } from '../../core/format.js';
import { createProgressDisplay } from '../../core/progress.js';
import type { Terminal } from '../../core/terminal.js';
import { GoogLeNet } from '../../models/googlenet.js';
import { Interrupt } from '../interrupt.js';

/** Shown where the server does not say how large the file is. */
const USUAL_BYTES = 52_000_000;

/** @returns whether the file was written; Ctrl-C may have come first. */
export async function downloadWeights(
  terminal: Terminal,
  name: 'imagenet1k-v1',
  file: string,
  from: string | undefined,
): Promise<boolean> {
  const display = createProgressDisplay(terminal.stderr);
  const interrupt = new Interrupt(terminal.host, () => display.line('Stopping.'));
  try {
    const model = await GoogLeNet.pretrained(name, {
      auxLogits: true,
      signal: interrupt.signal,
      ...(from !== undefined && { path: from }),
      onProgress: ({ receivedBytes, totalBytes }) => {
        const details = [formatMegabytes(receivedBytes)];
        display.update({ label: name, done: receivedBytes, total: totalBytes ?? USUAL_BYTES, details });
      },
    });
    await model.save(file);
    model.dispose();
    return true;
  } catch (error) {
    terminal.status = interrupt.statusOf(error);
    return false;
  } finally {
    display.close();
    interrupt.release();
  }
}
