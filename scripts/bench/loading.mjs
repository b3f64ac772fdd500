// node scripts/bench/loading.mjs: how long loading weights takes, and how long the event loop waits meanwhile.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { counts, readFlags } from '../lib/flags.mjs';
import { median } from './lib/statistics.mjs';

const HELP = `node scripts/bench/loading.mjs [options]     (after npm run setup)

Loads torchvision's network from a .pth file and from safetensors, with libtorch loaded before.

  --times N   loads of each (default 12)
`;

const flags = readFlags(HELP, { times: '12' });
const [times] = counts(flags, 'times');
const { convertWeights, GoogLeNet } = createRequire(import.meta.url)('../..');

const folder = mkdtempSync(join(tmpdir(), 'googlenet-loading-'));
const paths = ['weights.safetensors', 'weights.pth'].map((name) => join(folder, name));
const model = new GoogLeNet({ variant: 'torchvision', seed: 1 });
await model.save(paths[0]);
await convertWeights(...paths);
model.dispose();

const ms = (value) => `${value.toFixed(1)} ms`;
for (const path of paths) {
  const taken = [];
  const waited = [];
  for (let i = 0; i < times; i++) {
    await sleep(50);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const start = performance.now();
    const loaded = await GoogLeNet.load(path);
    taken.push(performance.now() - start);
    delay.disable();
    waited.push(delay.max / 1e6);
    loaded.dispose();
  }
  const size = `${(statSync(path).size / 1e6).toFixed(1)} MB`;
  const delays = `event loop waits ${ms(median(waited))} at most, ${ms(Math.max(...waited))} in the worst load`;
  console.log(
    `${path.slice(folder.length + 1)}, ${size}: median ${ms(median(taken))}, slowest ${ms(Math.max(...taken))}; ${delays}`,
  );
}
rmSync(folder, { recursive: true });
