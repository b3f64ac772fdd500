// `npm run bench`: inference of this package beside everything else on the same machine, interleaved in one run on the same weights,
// images and threads.
import { join } from 'node:path';
import { benchmark, scratchFolder } from './bench/children.mjs';
import { readBenchFlags } from './bench/flags.mjs';
import { writeRecords } from './bench/records.mjs';
import { jsonOf, Side, timeProcess } from './bench/side.mjs';
import { interleave, median, percentile } from './bench/statistics.mjs';
import { mib, microseconds, ms, numberOf, print, rateOf, timeOf } from './bench/table.mjs';
import { bootstrap, root } from './bootstrap.mjs';
import { refuse } from './flags.mjs';

const HELP = `npm run bench -- [options]

Times inference in one run, turn by turn: engines of every precision and backend, the plain model, onnxruntime-node, and Python
PyTorch eager, channels-last and compiled. Batches of 1, 8 and 32, delay of the event loop under full load, calls after a pause and
beside another engine, what a call costs, process start to first logits, resident memory. Installs onnxruntime-node and onnx into .googlenet first. Nothing else should run meanwhile.

  --threads N   compute threads of all sides (default: all cores)
  --repeat N    factor for the number of rounds (default 1)
  --only A,B    sides, by parts of their names (default: all)
  --output F    where the raw figures go as JSON lines (default .googlenet/bench-inference.jsonl)
`;

const flags = readBenchFlags(HELP, 'bench-inference.jsonl', { only: '' });
const { threads, times, only } = flags;

await bootstrap([]);
const { writeBatch } = await import('./bench/batch-files.mjs');
const { writeEmptyPlan, writePlans } = await import('./bench/plan-files.mjs');
const { describeMachine, findPython } = await import('./bench/machine.mjs');
const { exportOnnx, installOnnxruntime } = await import('./bench/peers.mjs');

const records = [];
const BATCHES = [
  { batch: 1, turn: 200, rounds: 12 },
  { batch: 8, turn: 200, rounds: 8 },
  { batch: 32, turn: 200, rounds: 6 },
];
const REFERENCE = 'onnxruntime-node';

const script = (name) => join(root, 'scripts/bench', name);
const engine = (name, options) => ({ name, node: 'side-engine.mjs', options });
const python = (name, mode) => ({ name, python: 'peer_inference.py', args: [mode] });

/** Every side, with what it is asked to load. */
const sidesOf = (backendsOf, peers) => [
  engine('engine float32', { precision: 'float32' }),
  engine('engine float32 without Winograd', { precision: 'float32', winograd: false }),
  ...(backendsOf('float32').includes('avx512')
    ? [engine('engine float32 avx2', { precision: 'float32', backend: 'avx2' })]
    : []),
  engine('engine float32 libtorch', { precision: 'float32', backend: 'libtorch' }),
  engine('engine bfloat16', { precision: 'bfloat16' }),
  ...(backendsOf('bfloat16').includes('amx')
    ? [engine('engine bfloat16 avx512', { precision: 'bfloat16', backend: 'avx512' })]
    : []),
  ...(backendsOf('int8').length > 0 ? [engine('engine int8', { precision: 'int8' })] : []),
  ...(backendsOf('int8').length > 1
    ? [engine('engine int8 avx512', { precision: 'int8', backend: 'avx512' })]
    : []),
  { name: 'model channels-last', node: 'side-model.mjs' },
  { name: REFERENCE, node: 'side-onnxruntime.mjs', args: [peers] },
  python('PyTorch eager', 'eager'),
  python('PyTorch channels-last', 'channels-last'),
  python('PyTorch compile', 'compile'),
  python('PyTorch compile bfloat16', 'compile-bfloat16'),
];

/** All sides in turn, each for as long. @returns name → milliseconds of every run, and logits of the first image. */
async function timeBatch(sides, { batch, turn, rounds }) {
  const operations = Object.fromEntries(
    sides.map(({ name, side }) => [name, () => side.ask('forward', { batch, turn })]),
  );
  const record = (side, round, { ms }) => records.push({ case: `batch ${batch}`, side, round, ms });
  const replies = await interleave(operations, { warmup: 2, runs: times(rounds) }, record);
  return Object.fromEntries(
    Object.entries(replies).map(([name, all]) => [
      name,
      {
        ms: all.flatMap((reply) => reply.ms),
        logits: all[0].logits,
      },
    ]),
  );
}

function printBatches(names, results) {
  const [one, ...larger] = BATCHES;
  const reference = (batch) => results[batch][REFERENCE] && median(results[batch][REFERENCE].ms);
  const against = (batch, name) =>
    reference(batch) ? (median(results[batch][name].ms) / reference(batch)).toFixed(3) : '–';
  const expected = Object.values(results[one.batch])[0].logits;
  const largest = Math.max(...expected.map(Math.abs));
  const offBy = (name) =>
    Math.max(...results[one.batch][name].logits.map((logit, i) => Math.abs(logit - expected[i]))) / largest;
  const rates = (batch, name) => results[batch][name].ms.map((time) => (batch * 1000) / time);
  print(
    'Latency of one image, and images a second (medians ± half the quartile distance; ratios of times to onnxruntime-node’s)',
    [
      '',
      'batch 1',
      'p99',
      'ratio',
      ...larger.flatMap(({ batch }) => [`batch ${batch}, /s`, 'ratio']),
      'logits off by',
    ],
    names.map((name) => {
      const { ms: latencies } = results[one.batch][name];
      return [
        name,
        timeOf(latencies),
        ms(percentile(latencies, 0.99)),
        against(one.batch, name),
        ...larger.flatMap(({ batch }) => [rateOf(rates(batch, name)), against(batch, name)]),
        offBy(name).toExponential(0),
      ];
    }),
  );
}

/** The event loop while four calls are always under way. */
async function pressure(sides) {
  const rows = [];
  for (const { name, side } of sides) {
    const reply = await side.ask('pressure', { inFlight: 4, ms: times(2000) });
    records.push({ case: 'pressure', side: name, ...reply });
    rows.push([name, reply.perSecond.toFixed(0), ms(reply.delayP99), ms(reply.delayMax)]);
  }
  print('Four calls of one image always under way', ['', '/s', 'event-loop delay p99', 'max'], rows);
}

/** Calls that come now and then: threads, and cores, sleep in between. */
async function pauses(sides) {
  const pause = 20;
  const operations = Object.fromEntries(
    sides.map(({ name, side }) => [name, () => side.ask('pauses', { calls: 10, pause })]),
  );
  const record = (side, round, { ms }) => records.push({ case: 'pauses', side, round, pause, ms });
  const replies = await interleave(operations, { warmup: 1, runs: times(6) }, record);
  const all = Object.entries(replies).map(([name, rounds]) => [name, rounds.flatMap(({ ms }) => ms)]);
  const reference = replies[REFERENCE] && median(all.find(([name]) => name === REFERENCE)[1]);
  print(
    `Latency of one image after ${pause} ms without work`,
    ['', 'latency', 'p90', 'ratio'],
    all.map(([name, latencies]) => [
      name,
      timeOf(latencies),
      ms(percentile(latencies, 0.9)),
      reference ? (median(latencies) / reference).toFixed(3) : '–',
    ]),
  );
}

async function compete(sides) {
  const operations = Object.fromEntries(
    sides.map(({ name, side }) => [name, () => side.ask('compete', { runs: 30 })]),
  );
  const record = (side, round, reply) => records.push({ case: 'compete', side, round, ...reply });
  const replies = await interleave(operations, { warmup: 1, runs: times(8) }, record);
  print(
    'Latency beside another engine of the same process that always works',
    ['', 'alone', 'beside it', 'ratio'],
    Object.entries(replies).map(([name, rounds]) => [
      name,
      timeOf(rounds.map(({ idle }) => idle)),
      timeOf(rounds.map(({ loaded }) => loaded)),
      numberOf(rounds.map(({ idle, loaded }) => loaded / idle)),
    ]),
  );
}

/** What a call costs beyond its work. */
async function calls(plan) {
  const file = script('call-cost.mjs');
  const figures = await jsonOf(process.execPath, [file, plan, String(threads)]);
  records.push({ case: 'calls', ...figures });
  const row = (name, { alone, together }) => [name, microseconds(alone), microseconds(together)];
  print(
    'A call and its answer, of a network with next to nothing to do',
    ['', 'one by one', 'eight under way, each'],
    [row('engine', figures.engine), row('a job of one byte for Node’s own threads', figures.pool)],
  );
}

async function starts(commands) {
  const operations = Object.fromEntries(
    Object.entries(commands).map(([name, [file, args]]) => [
      name,
      async () => ({ ms: await timeProcess(file, args) }),
    ]),
  );
  const record = (side, run, reply) => records.push({ case: 'start', side, run, ...reply });
  const replies = await interleave(operations, { warmup: 1, runs: times(7) }, record);
  print(
    'Process start to first logits',
    ['', 'time'],
    Object.entries(replies).map(([name, all]) => [name, timeOf(all.map((reply) => reply.ms))]),
  );
}

await benchmark(async () => {
  const folder = scratchFolder();
  const pythonPath = await findPython('torch', 'safetensors');
  const wanted = only.split(',').filter((part) => part !== '');
  const isWanted = ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part));
  const files = await writeBatch(folder, { numClasses: 1000 });
  const onnx = join(folder, 'model.onnx');
  let peers;
  if (isWanted({ name: REFERENCE })) {
    peers = await installOnnxruntime();
    await exportOnnx(pythonPath, files.weights, onnx);
  }
  const { plans, backendsOf } = await writePlans(folder, files);
  const all = sidesOf(backendsOf, peers);
  const sides = all.filter(isWanted);
  if (sides.length === 0)
    refuse(`--only: no side is named so. There are ${all.map(({ name }) => name).join(', ')}.`);
  const machine = describeMachine({ threads });
  console.log(machine);
  records.push({ case: 'machine', machine });
  for (const one of sides) {
    const [file, args] = one.node
      ? [process.execPath, [script(one.node), ...(one.args ?? [])]]
      : [pythonPath, [script(one.python), ...one.args]];
    one.side = new Side(file, args);
    const plan = plans[one.options?.precision];
    await one.side.ask('load', { ...files, onnx, threads, plan, options: one.options });
  }
  const names = sides.map(({ name }) => name);
  const results = {};
  for (const one of BATCHES) results[one.batch] = await timeBatch(sides, one);
  printBatches(names, results);

  const memory = [];
  for (const { name, side } of sides) {
    const { bytes } = await side.ask('rss');
    records.push({ case: 'memory', side: name, bytes });
    memory.push([name, mib(bytes)]);
  }
  await pressure(sides.filter(({ node }) => node));
  await pauses(sides.filter(({ node }) => node));
  const kernelEngines = sides.filter(
    ({ node, options }) => node === 'side-engine.mjs' && options.backend !== 'libtorch',
  );
  if (backendsOf('float32').length > 0 && kernelEngines.length > 0) {
    await compete(kernelEngines);
    await calls(await writeEmptyPlan(folder));
  }
  const commands = {
    ...Object.fromEntries(
      Object.entries(plans).map(([precision, plan]) => [
        `engine ${precision}, from a plan`,
        [process.execPath, [script('first-engine.mjs'), plan, String(threads)]],
      ]),
    ),
    'model, random weights': [process.execPath, [script('first-logits.mjs'), String(threads)]],
    [REFERENCE]: [process.execPath, [script('first-onnxruntime.mjs'), peers, onnx, String(threads)]],
    'PyTorch eager, random weights': [pythonPath, [script('first_logits.py'), String(threads)]],
  };
  await starts(Object.fromEntries(Object.entries(commands).filter(([name]) => isWanted({ name }))));
  print('Resident memory after all batches, 32 images (18 MiB) included', ['', 'memory'], memory);
  writeRecords(flags.output, records);
});
