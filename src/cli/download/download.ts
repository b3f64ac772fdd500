import { createProgressDisplay, formatTimeLeft } from '../../core/progress.js';
import type { Terminal } from '../../core/terminal.js';
import { GoogLeNet } from '../../models/googlenet.js';
import { Interrupt } from '../interrupt.js';

/** The size to show where the server does not send one. */
const USUAL_BYTES = 52_000_000;

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** @returns whether the file was written, and not interrupted by Ctrl-C. */
export async function downloadWeights(
  terminal: Terminal,
  name: 'imagenet1k-v1',
  file: string,
  from: string | undefined,
): Promise<boolean> {
  const display = createProgressDisplay(terminal.stderr);
  const begin = performance.now();
  const interrupt = new Interrupt(terminal.host, () => display.line('Stopping.'));
  try {
    const model = await GoogLeNet.pretrained(name, {
      auxLogits: true,
      signal: interrupt.signal,
      ...(from !== undefined && { path: from }),
      onProgress: ({ receivedBytes, totalBytes }) => {
        const total = totalBytes ?? USUAL_BYTES;
        const seconds = (performance.now() - begin) / 1000;
        display.update({
          label: name,
          done: megabytes(receivedBytes),
          total: megabytes(total),
          unit: 'MB',
          details: [],
          timeLeft: formatTimeLeft(seconds, receivedBytes, total),
        });
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
