// `npm run bench:busy`: training next to busy processes, this package and PyTorch in turns.
import { join } from 'node:path';
import { bootstrap, root } from '../lib/bootstrap.mjs';
import { writeBatch } from './lib/batch-files.mjs';
import { benchmark, scratchFolder, start } from './lib/children.mjs';
import { readBenchFlags } from './lib/flags.mjs';
import { writeRecords } from './lib/records.mjs';
import { Side } from './lib/side.mjs';
import { interleave, median } from './lib/statistics.mjs';
import { ms, print, timeOf } from './lib/table.mjs';

const HELP = `npm run bench:busy -- [options]

Times a training step of 16 images alone, next to one busy process, and next to one per thread; this package and PyTorch at its
best (channels-last, fused SGD), turn by turn. Nothing else should run meanwhile. Takes five minutes on two cores.

  --threads N   compute threads of both sides, and busy processes at most (default: all cores)
  --repeat N    factor for the number of runs (default 1)
  --output F    where the raw figures go as JSON lines (default .googlenet/bench-busy.jsonl)
`;

const flags = readBenchFlags(HELP, 'bench-busy.jsonl');
const { threads, times } = flags;
await bootstrap([]);
const { findPython, printMachine } = await import('./lib/machine.mjs');

const BATCH = 16;
const PRECISIONS = ['float32', 'bfloat16'];
const SITUATIONS = [
  { name: 'alone', neighbors: 0 },
  { name: 'one busy process', neighbors: 1 },
  ...(threads > 1 ? [{ name: `${threads} busy processes`, neighbors: threads }] : []),
];

/** Runs `work` next to processes that only compute. */
async function nextToBusy(neighbors, work) {
  const busy = Array.from({ length: neighbors }, () =>
    start(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  try {
    return await work();
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
}

const speed = (alone, here) =>
  (median(alone.map(({ ms: time }) => time)) / median(here.map(({ ms: time }) => time))).toFixed(2);

await benchmark(async () => {
  const records = [];
  const ours = new Side(process.execPath, [join(root, 'scripts/bench/sides/training.mjs')]);
  const peer = new Side(await findPython('torch'), [join(root, 'scripts/bench/sides/pytorch_training.py')]);
  const request = {
    ...(await writeBatch(scratchFolder(), { numClasses: 1000 })),
    ...{ threads, device: 'cpu', channelsLast: true, fused: true },
  };
  const rows = [];
  for (const precision of PRECISIONS) {
    const versions = {
      ...(await ours.ask('load', { ...request, precision })),
      ...(await peer.ask('load', { ...request, precision })),
    };
    if (rows.length === 0) printMachine(flags, versions, `steps of ${BATCH} images, 224×224`);
    const sides = {
      ours: () => ours.ask('step', { batch: BATCH }),
      peer: () => peer.ask('step', { batch: BATCH }),
    };
    let alone;
    for (const { name, neighbors } of SITUATIONS) {
      const record = (side, run, figures) => records.push({ precision, neighbors, side, run, ...figures });
      const runs = { warmup: 1, runs: times(neighbors === 0 ? 5 : 4) };
      const found = await nextToBusy(neighbors, () => interleave(sides, runs, record));
      alone ??= found;
      const of = (side) => [timeOf(found[side].map(({ ms: time }) => time)), speed(alone[side], found[side])];
      const delay = ms(median(found.ours.map(({ delayP99 }) => delayP99)));
      rows.push([`${precision}, ${name}`, ...of('ours'), ...of('peer'), delay]);
    }
  }
  const title =
    'A training step next to busy processes (median ± half the quartile distance; speed relative to the step alone)';
  print(title, ['', 'ours', 'speed', 'PyTorch', 'speed', 'event-loop delay p99'], rows);
  writeRecords(flags.output, records);
});
