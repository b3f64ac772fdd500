// The overhead of a call of an engine: calls of a network of three values, in microseconds, compared with the shortest way of Node.js
// itself to another thread. Prints one line of JSON: `node call-cost.mjs PLAN THREADS`
import { randomFill } from 'node:crypto';
import { createRequire } from 'node:module';
import { median } from '../lib/statistics.mjs';

const { Engine } = createRequire(import.meta.url)('../../..');

const ROUNDS = 20;
const CALLS = 500;
const IN_FLIGHT = 8;

const engine = await Engine.load(process.argv[2], { threads: Number(process.argv[3]) });
const image = { data: new Float32Array(3), shape: [1, 3, 1, 1] };
const byte = Buffer.alloc(1);
const ways = {
  engine: () => engine.forward(image),
  // A job for libuv's pool.
  pool: () => new Promise((resolve) => randomFill(byte, resolve)),
};

const now = () => Number(process.hrtime.bigint()) / 1000;

async function oneByOne(call) {
  const times = [];
  for (let i = 0; i < CALLS; i++) {
    const begin = now();
    await call();
    times.push(now() - begin);
  }
  return median(times);
}

async function together(call) {
  let left = CALLS * IN_FLIGHT;
  const begin = now();
  const one = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return (now() - begin) / (CALLS * IN_FLIGHT);
}

const figures = Object.fromEntries(Object.keys(ways).map((way) => [way, { alone: [], together: [] }]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [way, call] of Object.entries(ways)) {
    const alone = await oneByOne(call);
    const each = await together(call);
    if (round < 0) continue;
    figures[way].alone.push(alone);
    figures[way].together.push(each);
  }
}
console.log(JSON.stringify(figures));
process.exit(0);
