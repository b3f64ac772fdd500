// A preload for `googlenet train`: measures the delay of its event loop from the caller's message on, and tells it at the end.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

// The program's worker threads inherit the preload.
if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  process.once('message', () => delay.enable());
  // Waiting for the message does not keep the program alive.
  process.channel.unref();
  process.once('beforeExit', () => {
    delay.disable();
    const at = (percentile) => delay.percentile(percentile) / 1e6;
    process.send({ samples: delay.count, p50: at(50), p99: at(99), max: delay.max / 1e6 });
  });
}
