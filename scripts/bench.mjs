// `npm run bench`: this package beside PyTorch eager, interleaved in one run on the same weights, pictures and threads.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Side, timeProcess } from './bench/side.mjs';
import { bootstrap, root } from './bootstrap.mjs';

const HELP = `npm run bench -- [options]

Times this package and Python PyTorch eager in one run, turn by turn: forward (batch 1, 8, 32), training step (batch 32), process
start to first logits, resident memory, delay of the event loop. Nothing else should run meanwhile.

  --threads N   compute threads of both sides (default: all cores)
  --repeat N    factor for the number of runs (default 1)
  --device D    cpu or cuda (default cpu)
  --channels-last
                both sides in PyTorch's channels_last memory format
  --output F    where the raw figures go as JSON lines (default .googlenet/bench.jsonl)
`;

const { values: flags } = parseArgs({
  options: {
    threads: { type: 'string', default: String(availableParallelism()) },
    repeat: { type: 'string', default: '1' },
    device: { type: 'string', default: 'cpu' },
    'channels-last': { type: 'boolean', default: false },
    output: { type: 'string', default: join(root, '.googlenet/bench.jsonl') },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}

await bootstrap([]);
const require = createRequire(import.meta.url);
const { GoogLeNet } = require('..');
const { recordOfAddon } = require('../dist/setup/build-record.js');
const { venvPython } = require('../dist/setup/install-libtorch.js');
const { addonPath } = require('../dist/setup/paths.js');

const threads = Number(flags.threads);
const { device, 'channels-last': channelsLast } = flags;
const python = process.env.GOOGLENET_PYTHON ?? recordOfAddon(addonPath())?.libtorch.python ?? venvPython();
const records = [];

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Half the distance between the quartiles, as a share of the median. */
const spread = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q) => sorted[Math.round(q * (sorted.length - 1))];
  return (at(0.75) - at(0.25)) / 2 / median(values);
};

const CASES = [
  { name: 'forward, batch 1', op: 'forward', batch: 1, warmup: 5, runs: 60 },
  { name: 'forward, batch 8', op: 'forward', batch: 8, warmup: 2, runs: 20 },
  { name: 'forward, batch 32', op: 'forward', batch: 32, warmup: 1, runs: 10 },
  { name: 'training step, batch 32', op: 'step', batch: 32, warmup: 1, runs: 7 },
];

async function prepare(folder) {
  const files = {
    weights: join(folder, 'weights.safetensors'),
    images: join(folder, 'images'),
    labels: join(folder, 'labels'),
  };
  const model = new GoogLeNet({ seed: 0, initWeights: true });
  await model.save(files.weights);
  model.dispose();
  // Any fixed numbers will do; these are spread over [-2, 2).
  const images = Float32Array.from(
    { length: 32 * 3 * 224 * 224 },
    (_, i) => (Math.imul(i, 2654435761) >>> 0) / 2 ** 30 - 2,
  );
  writeFileSync(files.images, images);
  writeFileSync(
    files.labels,
    Int32Array.from({ length: 32 }, (_, i) => i),
  );
  return { ...files, count: 32, threads, numClasses: 1000, device, channelsLast };
}

async function compare(ours, peer, { name, op, batch, warmup, runs }) {
  const times = { ours: [], peer: [] };
  const delays = [];
  const count = Math.max(1, Math.round(runs * Number(flags.repeat)));
  for (let i = -warmup; i < count; i++) {
    // Turn about, so that neither side always runs on the warmer or the cooler machine.
    const order = i % 2 ? ['ours', 'peer'] : ['peer', 'ours'];
    for (const side of order) {
      const reply = await (side === 'ours' ? ours : peer).ask(op, { batch });
      records.push({ case: name, side, run: i, ...reply });
      if (i < 0) continue;
      times[side].push(reply.ms);
      if (side === 'ours') delays.push(reply);
    }
  }
  return {
    name,
    ours: median(times.ours),
    oursSpread: spread(times.ours),
    peer: median(times.peer),
    peerSpread: spread(times.peer),
    delayP99: median(delays.map(({ delayP99 }) => delayP99)),
    delayMax: Math.max(...delays.map(({ delayMax }) => delayMax)),
  };
}

async function compareStart() {
  const commands = {
    ours: [process.execPath, [join(root, 'scripts/bench/first-logits.mjs'), String(threads)]],
    peer: [python, [join(root, 'scripts/bench/first_logits.py'), String(threads)]],
  };
  const times = { ours: [], peer: [] };
  for (let i = -1; i < 5; i++) {
    for (const side of ['ours', 'peer']) {
      const ms = await timeProcess(...commands[side]);
      records.push({ case: 'start', side, run: i, ms });
      if (i >= 0) times[side].push(ms);
    }
  }
  return {
    ours: median(times.ours),
    peer: median(times.peer),
    oursSpread: spread(times.ours),
    peerSpread: spread(times.peer),
  };
}

async function compareMemory(ours, peer) {
  const read = async () => ({ ours: (await ours.ask('rss')).bytes, peer: (await peer.ask('rss')).bytes });
  const loaded = await read();
  for (let i = 0; i < 100; i++) await ours.ask('forward', { batch: 1 });
  for (let i = 0; i < 100; i++) await peer.ask('forward', { batch: 1 });
  const used = await read();
  records.push({ case: 'memory', loaded, used });
  return { loaded, used };
}

const pad = (cells, widths) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');

function print(title, header, rows) {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  console.log(`\n${title}\n${[header, ...rows].map((row) => pad(row, widths)).join('\n')}`);
}

const ms = (value, share) => `${value.toFixed(value < 100 ? 1 : 0)} ms ±${(share * 100).toFixed(0)}%`;
const mib = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

const folder = mkdtempSync(join(tmpdir(), 'googlenet-bench-'));
const ours = new Side(process.execPath, [join(root, 'scripts/bench/ours.mjs')]);
const peer = new Side(python, [join(root, 'scripts/bench/peer.py')]);
try {
  const request = await prepare(folder);
  const { libtorch } = await ours.ask('load', request);
  const { torch } = await peer.ask('load', request);
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  console.log(
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${gigabytes} GiB; ${threads} threads; device ${device}`,
  );
  console.log(
    `Node ${process.versions.node} with libtorch ${libtorch}; Python with torch ${torch}, eager; fp32, 224×224${channelsLast ? ', channels-last' : ''}`,
  );

  const memory = await compareMemory(ours, peer);
  const results = [];
  for (const one of CASES) results.push(await compare(ours, peer, one));
  print(
    'Time of a run (median ± half the quartile distance)',
    ['', 'ours', 'PyTorch', 'ours / PyTorch', 'event-loop delay p99', 'max'],
    results.map((r) => [
      r.name,
      ms(r.ours, r.oursSpread),
      ms(r.peer, r.peerSpread),
      (r.ours / r.peer).toFixed(3),
      `${r.delayP99.toFixed(1)} ms`,
      `${r.delayMax.toFixed(1)} ms`,
    ]),
  );
  const start = await compareStart();
  print(
    'Process start to first logits (batch 1)',
    ['', 'ours', 'PyTorch', 'ours / PyTorch'],
    [
      [
        'new process',
        ms(start.ours, start.oursSpread),
        ms(start.peer, start.peerSpread),
        (start.ours / start.peer).toFixed(3),
      ],
    ],
  );
  print(
    'Resident memory',
    ['', 'ours', 'PyTorch', 'ours / PyTorch'],
    [
      [
        'model and 32 pictures loaded',
        mib(memory.loaded.ours),
        mib(memory.loaded.peer),
        (memory.loaded.ours / memory.loaded.peer).toFixed(3),
      ],
      [
        'after 100 forwards of batch 1',
        mib(memory.used.ours),
        mib(memory.used.peer),
        (memory.used.ours / memory.used.peer).toFixed(3),
      ],
    ],
  );
  mkdirSync(join(flags.output, '..'), { recursive: true });
  writeFileSync(flags.output, `${records.map((record) => JSON.stringify(record)).join('\n')}\n`);
  console.log(`\nThe raw figures are in ${flags.output}.`);
} finally {
  ours.close();
  peer.close();
  rmSync(folder, { recursive: true, force: true });
}
