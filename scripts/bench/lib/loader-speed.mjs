// Throughput of the data loader in images/s, and the delay of the event loop meanwhile.
import { createRequire } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const { DataLoader } = createRequire(import.meta.url)('../../..');

export const AUGMENTATIONS = ['none', 'plain', 'paper'];
export const BATCH = 32;

/** Images/s after the first batch, which waits for the pipeline to fill. */
export async function timeLoader(source, { augment, epoch, batches }) {
  const loader = new DataLoader(source, { batchSize: BATCH, dropLast: true, augment });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const usage = process.cpuUsage();
  let count = 0;
  let start = 0;
  while (count <= batches) {
    for await (const batch of loader.epoch(epoch++)) {
      if (batch.labels.length !== BATCH) throw new Error('A batch is not full.');
      if (count++ === 0) {
        start = performance.now();
        delay.enable();
      }
      if (count > batches) break;
    }
  }
  const ms = performance.now() - start;
  delay.disable();
  const { user, system } = process.cpuUsage(usage);
  return {
    rate: (batches * BATCH * 1000) / ms,
    cpu: (user + system) / 1000 / (count * BATCH),
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
  };
}
