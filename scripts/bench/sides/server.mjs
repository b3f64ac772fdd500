// The requests that every JavaScript side of the inference benchmark answers: one run after the other, and full load.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

export function readFloats(file) {
  const { buffer, byteOffset, length } = readFileSync(file);
  return new Float32Array(buffer, byteOffset, length / 4);
}

/** Delay of the event loop while `work` runs, beyond the millisecond between two samples. */
async function withDelay(work) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const result = await work();
  delay.disable();
  const late = (value) => Math.max(0, value / 1e6 - 1);
  return { ...result, delayP99: late(delay.percentile(99)), delayMax: late(delay.max) };
}

/**
 * @param load gets the first request, and resolves to `forward(data, count)`, which resolves to the logits of the main head.
 * @param own further operations.
 */
export async function serve(load, own = {}) {
  let forward;
  let images;
  const batch = (count) => images.subarray(0, count * 3 * 224 * 224);
  const operations = {
    async load(request) {
      forward = await load(request);
      images = readFloats(request.images);
      return {};
    },
    /** One call after the other, for `turn` milliseconds, once at least; and the logits of the first image. */
    async forward({ batch: count, turn }) {
      const ms = [];
      let logits;
      const end = performance.now() + turn;
      do {
        const begin = performance.now();
        logits = await forward(batch(count), count);
        ms.push(performance.now() - begin);
      } while (performance.now() < end);
      return { ms, logits: [...logits.slice(0, logits.length / count)] };
    },
    /** Latency after idle: calls of one image, each after a pause. */
    async pauses({ calls, pause }) {
      const ms = [];
      for (let i = 0; i < calls; i++) {
        await setTimeout(pause);
        const begin = performance.now();
        await forward(batch(1), 1);
        ms.push(performance.now() - begin);
      }
      return { ms };
    },
    /** Some calls of one image always in flight. */
    async pressure({ inFlight, ms }) {
      let done = 0;
      const end = performance.now() + ms;
      const one = async () => {
        while (performance.now() < end) {
          await forward(batch(1), 1);
          done++;
        }
      };
      return withDelay(async () => {
        await Promise.all(Array.from({ length: inFlight }, one));
        return { perSecond: (done * 1000) / ms };
      });
    },
    rss: async () => ({ bytes: process.memoryUsage().rss }),
    ...own,
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const { op, ...request } = JSON.parse(line);
    const reply = await operations[op](request).catch((error) => ({
      error: `${error.code ?? error.name}: ${error.message}`,
    }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}
