// `npm run bench:eager`: this package compared with PyTorch eager, interleaved in one run on the same weights, images and threads.
import { join } from 'node:path';
import { bootstrap, root } from '../lib/bootstrap.mjs';
import { benchmark, scratchFolder } from './lib/children.mjs';
import { readBenchFlags } from './lib/flags.mjs';
import { writeRecords } from './lib/records.mjs';
import { Side, timeProcess } from './lib/side.mjs';
import { interleave, medianOf } from './lib/statistics.mjs';
import { mib, ms, print, ratio, timeOf } from './lib/table.mjs';

const HELP = `npm run bench:eager -- [options]

Times this package and Python PyTorch eager in one run, turn by turn: forward (batch 1, 8, 32), training step (batch 32), process
cold start, resident memory, delay of the event loop. Nothing else should run meanwhile.

  --threads N   compute threads of both sides (default: all cores)
  --repeat N    factor for the number of runs (default 1)
  --device D    cpu or cuda (default cpu)
  --channels-last
                both use PyTorch's channels_last memory format
  --output F    where the raw figures go as JSON lines (default .googlenet/bench.jsonl)
`;

const flags = readBenchFlags(HELP, 'bench.jsonl', { 'channels-last': false });
const { threads, device, times, 'channels-last': channelsLast } = flags;

await bootstrap([]);
const { writeBatch } = await import('./lib/batch-files.mjs');
const { findPython, printMachine } = await import('./lib/machine.mjs');

const python = await findPython('torch');
const records = [];

const CASES = [
  { name: 'forward, batch 1', op: 'forward', batch: 1, warmup: 5, runs: 60 },
  { name: 'forward, batch 8', op: 'forward', batch: 8, warmup: 2, runs: 20 },
  { name: 'forward, batch 32', op: 'forward', batch: 32, warmup: 1, runs: 10 },
  { name: 'training step, batch 32', op: 'step', batch: 32, warmup: 1, runs: 7 },
];

async function compare(ours, peer, { name, op, batch, warmup, runs }) {
  const sides = { ours: () => ours.ask(op, { batch }), peer: () => peer.ask(op, { batch }) };
  const record = (side, run, reply) => records.push({ case: name, side, run, ...reply });
  return { name, ...(await interleave(sides, { warmup, runs: times(runs) }, record)) };
}

async function compareStart() {
  const commands = {
    ours: [process.execPath, [join(root, 'scripts/bench/sides/first-logits.mjs'), String(threads)]],
    peer: [python, [join(root, 'scripts/bench/sides/first_logits.py'), String(threads)]],
  };
  const start = (side) => async () => ({ ms: await timeProcess(...commands[side]) });
  const record = (side, run, reply) => records.push({ case: 'start', side, run, ...reply });
  return interleave({ ours: start('ours'), peer: start('peer') }, { warmup: 1, runs: 5 }, record);
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

/** Cells of a table that compare the milliseconds of both sides. */
function compared({ ours, peer }) {
  const [a, b] = [ours, peer].map((replies) => replies.map((reply) => reply.ms));
  return [timeOf(a), timeOf(b), ratio(medianOf(ours, 'ms'), medianOf(peer, 'ms'))];
}

const HEADER = ['', 'ours', 'PyTorch', 'ours / PyTorch'];

function printTimes(results) {
  print(
    'Time of a run (median ± half the quartile distance)',
    [...HEADER, 'event-loop delay p99', 'max'],
    results.map((result) => [
      result.name,
      ...compared(result),
      ms(medianOf(result.ours, 'delayP99')),
      ms(Math.max(...result.ours.map(({ delayMax }) => delayMax))),
    ]),
  );
}

function printMemory({ loaded, used }) {
  const row = (name, { ours, peer }) => [name, mib(ours), mib(peer), ratio(ours, peer)];
  print('Resident memory', HEADER, [
    row('model and 32 images loaded', loaded),
    row('after 100 forwards of batch 1', used),
  ]);
}

await benchmark(async () => {
  const ours = new Side(process.execPath, [join(root, 'scripts/bench/sides/training.mjs')]);
  const peer = new Side(python, [join(root, 'scripts/bench/sides/pytorch_training.py')]);
  const files = await writeBatch(scratchFolder(), { numClasses: 1000 });
  const request = { ...files, threads, device, channelsLast };
  const versions = { ...(await ours.ask('load', request)), ...(await peer.ask('load', request)) };
  printMachine(flags, versions, `fp32, 224×224${channelsLast ? ', channels-last' : ''}`);

  const memory = await compareMemory(ours, peer);
  const results = [];
  for (const one of CASES) results.push(await compare(ours, peer, one));
  printTimes(results);
  const start = await compareStart();
  print('Cold start (process start to the first logits) (batch 1)', HEADER, [
    ['new process', ...compared(start)],
  ]);
  printMemory(memory);
  writeRecords(flags.output, records);
});
