import { GoogLeNet } from '../models/googlenet.js';
import { createDisplay } from './display.js';
import { Interrupt } from './interrupt.js';
import { formatMegabytes } from './output.js';

/** Shown where the server does not say how large the file is. */
const USUAL_BYTES = 52_000_000;

export async function downloadWeights(
  name: 'imagenet1k-v1',
  file: string,
  from: string | undefined,
): Promise<void> {
  const display = createDisplay();
  const interrupt = new Interrupt(() => display.line('Stopping.'));
  try {
    const model = await GoogLeNet.pretrained(name, {
      auxLogits: true,
      signal: interrupt.signal,
      ...(from !== undefined && { path: from }),
      onProgress: ({ receivedBytes, totalBytes }) => {
        const details = formatMegabytes(receivedBytes);
        display.update({ label: name, done: receivedBytes, total: totalBytes ?? USUAL_BYTES, details });
      },
    });
    await model.save(file);
    model.dispose();
  } catch (error) {
    process.exitCode = interrupt.statusOf(error);
  } finally {
    display.close();
    interrupt.release();
  }
}
