// node scripts/bench/overload.mjs: memory and event loop under more calls than can be answered.
import { createRequire } from 'node:module';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { counts, readFlags } from '../lib/flags.mjs';

const HELP = `node scripts/bench/overload.mjs [options]     (after npm run setup)

Calls a model, and then an engine, many times without waiting for answers, and prints resident memory before and meanwhile, how long
making the calls took, the longest delay of the event loop, and how the calls ended.

  --calls N     of each (default 5000)
  --floats 1    images of floats, of 602 KB, and not of bytes, of 151 KB (default 0)
`;

const flags = readFlags(HELP, { calls: '5000', floats: '0' });
const [calls] = counts(flags, 'calls');
const { GoogLeNet } = createRequire(import.meta.url)('../..');

const SIDE = 224;
const images =
  flags.floats === '1'
    ? { data: new Float32Array(3 * SIDE * SIDE), shape: [1, 3, SIDE, SIDE] }
    : { data: new Uint8Array(SIDE * SIDE * 3), shape: [1, SIDE, SIDE, 3] };
const rss = () => process.memoryUsage().rss / 1e6;
const round = (number) => Math.round(number * 10) / 10;

async function overload(name, callee) {
  for (let i = 0; i < 3; i++) await callee.forward(images);
  const idle = rss();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await sleep(20);
  let largest = idle;
  const watch = setInterval(() => {
    largest = Math.max(largest, rss());
  }, 10);
  const begin = performance.now();
  const answers = Array.from({ length: calls }, () =>
    callee.forward(images).then(
      () => 'answered',
      ({ code }) => code,
    ),
  );
  const submitted = performance.now() - begin;
  largest = Math.max(largest, rss());
  const outcomes = {};
  for (const outcome of await Promise.all(answers)) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  clearInterval(watch);
  delay.disable();
  const row = {
    idleRssMB: round(idle),
    largestRssMB: round(largest),
    growthMB: round(largest - idle),
    submittingMs: round(submitted),
    longestDelayMs: round(delay.max / 1e6),
    ...outcomes,
  };
  process.stdout.write(`${name}: ${JSON.stringify(row)}\n`);
}

const model = new GoogLeNet({ auxLogits: false, seed: 0 });
model.eval();
await overload('model', model);
const engine = await model.optimize();
await overload('engine', engine);
engine.dispose();
model.dispose();
