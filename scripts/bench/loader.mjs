// The data loader alone.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { counts, readFlags } from '../lib/flags.mjs';
import { AUGMENTATIONS, timeLoader } from './lib/loader-speed.mjs';
import { writePhotographs } from './lib/photographs.mjs';
import { medianOf } from './lib/statistics.mjs';

const HELP = `node scripts/bench/loader.mjs [options]

Makes a folder of 500×375 JPEGs and times DataLoader on it, batches of 32, for each augmentation in turn. Nothing else should run
meanwhile. Compile first: npm run build.

  --images N   how many JPEGs (default 256)
  --batches N    how many batches a run (default 24)
  --runs N       runs of each augmentation, of which the median is printed (default 3)
`;

const flags = readFlags(HELP, { images: '256', batches: '24', runs: '3' });
const [images, batches, runs] = counts(flags, 'images', 'batches', 'runs');

const { ImageFolder } = createRequire(import.meta.url)('../..');

const folder = mkdtempSync(join(tmpdir(), 'googlenet-loader-'));
try {
  await writePhotographs(folder, images, mkdirSync);
  const source = await ImageFolder.open(folder);
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores; Node ${process.versions.node}; 500×375 → 224×224`,
  );
  console.log('augment   images/s   CPU ms/image   event-loop delay p99    max');
  for (const augment of AUGMENTATIONS) {
    const results = [];
    for (let run = 0; run < runs; run++) {
      results.push(await timeLoader(source, { augment, epoch: run * 100, batches }));
    }
    const of = (key) => medianOf(results, key);
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
