// An engine as a side of the inference benchmark.
import { createRequire } from 'node:module';
import { median } from '../lib/statistics.mjs';
import { serve } from './server.mjs';

const { Engine } = createRequire(import.meta.url)('../../..');

let engine;
let another;
let other;

const image = { data: new Float32Array(3 * 224 * 224), shape: [1, 3, 224, 224] };

async function latency(runs) {
  const ms = [];
  for (let i = 0; i < runs; i++) {
    const begin = performance.now();
    await engine.forward(image);
    ms.push(performance.now() - begin);
  }
  return median(ms);
}

await serve(
  async ({ plan, threads, options: { precision: _, ...own } }) => {
    const options = { threads, ...own };
    engine = await Engine.load(plan, options);
    another = () => Engine.load(plan, options);
    return async (data, count) => (await engine.forward({ data, shape: [count, 3, 224, 224] }))[0].data;
  },
  {
    /** Latency while another engine of the process is always busy. */
    async compete({ runs }) {
      const idle = await latency(runs);
      other ??= await another();
      let stops = false;
      const busy = (async () => {
        while (!stops) await other.forward(image);
      })();
      const loaded = await latency(runs);
      stops = true;
      await busy;
      return { idle, loaded };
    },
  },
);
