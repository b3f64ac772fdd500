// The plain model as a side of the inference benchmark, in the memory format that is faster on a CPU.
import { createRequire } from 'node:module';
import { serve } from './server.mjs';

const { GoogLeNet, setNumThreads } = createRequire(import.meta.url)('../../..');

await serve(async ({ weights, threads }) => {
  setNumThreads(threads);
  const model = await GoogLeNet.load(weights, { channelsLast: true, auxLogits: false });
  return async (data, count) => (await model.forward({ data, shape: [count, 3, 224, 224] }))[0].data;
});
