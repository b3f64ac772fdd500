// How many pictures a second the loader prepares, alone, and how long the event loop is held up meanwhile.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { writePhotographs } from './photographs.mjs';

const HELP = `node scripts/bench/loader.mjs [options]

Makes a folder of 500×375 JPEGs and times Loader on it, batches of 32, for each augmentation in turn. Nothing else should run
meanwhile. Compile first: npm run build.

  --pictures N   how many JPEGs (default 256)
  --batches N    how many batches a run (default 24)
  --runs N       runs of each augmentation, of which the median is printed (default 3)
`;

const { values: flags } = parseArgs({
  options: {
    pictures: { type: 'string', default: '256' },
    batches: { type: 'string', default: '24' },
    runs: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}

const { ImageFolder, Loader } = createRequire(import.meta.url)('../..');

/** Pictures per second after the first batch, which waits for the pipeline to fill. */
async function time(source, augment, epoch) {
  const loader = new Loader(source, { batchSize: 32, dropLast: true, augment });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const usage = process.cpuUsage();
  let batches = 0;
  let start = 0;
  while (batches <= Number(flags.batches)) {
    for await (const batch of loader.epoch(epoch++)) {
      if (batch.labels.length !== 32) throw new Error('A batch is not full.');
      if (batches++ === 0) {
        start = performance.now();
        delay.enable();
      }
      if (batches > Number(flags.batches)) break;
    }
  }
  const ms = performance.now() - start;
  delay.disable();
  const { user, system } = process.cpuUsage(usage);
  return {
    rate: ((batches - 1) * 32 * 1000) / ms,
    cpu: (user + system) / 1000 / (batches * 32),
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const folder = mkdtempSync(join(tmpdir(), 'googlenet-loader-'));
try {
  await writePhotographs(folder, Number(flags.pictures), mkdirSync);
  const source = await ImageFolder.open(folder);
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores; Node ${process.versions.node}; 500×375 → 224×224`,
  );
  console.log('augment   images/s   CPU ms/image   event-loop delay p99    max');
  for (const augment of ['none', 'plain', 'paper']) {
    const results = [];
    for (let run = 0; run < Number(flags.runs); run++) results.push(await time(source, augment, run * 100));
    const of = (key) => median(results.map((result) => result[key]));
    const cells = [
      augment.padEnd(7),
      of('rate').toFixed(0).padStart(11),
      of('cpu').toFixed(2).padStart(15),
      `${of('p99').toFixed(1)} ms`.padStart(23),
      `${of('max').toFixed(1)} ms`.padStart(9),
    ];
    console.log(cells.join(''));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
