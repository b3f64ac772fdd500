// `npm run bench`: inference of this package compared with other runtimes on the same machine, interleaved in one run on the same
// weights, images and threads.
import { join } from 'node:path';
import { bootstrap } from '../lib/bootstrap.mjs';
import { refuse } from '../lib/flags.mjs';
import { benchmark, scratchFolder } from './lib/children.mjs';
import { readBenchFlags } from './lib/flags.mjs';
import {
  calls,
  coldStarts,
  compete,
  memory,
  pauses,
  pressure,
  printBatches,
  timeBatches,
} from './lib/inference-sections.mjs';
import { REFERENCE, script, sidesOf, startSides } from './lib/inference-sides.mjs';
import { writeRecords } from './lib/records.mjs';
import { print } from './lib/table.mjs';

const HELP = `npm run bench -- [options]

Times inference in one run, turn by turn: engines of every precision and backend, the plain model, onnxruntime-node, and Python
PyTorch eager, channels-last and compiled: latency (batch 1), throughput (batches of 8 and 32), delay of the event loop under full load,
latency after idle and next to another engine, the cost of a call, cold start, resident memory. Installs onnxruntime-node and onnx into .googlenet first. Nothing else should run meanwhile.

  --threads N   compute threads of all sides (default: all cores)
  --repeat N    factor for the number of rounds (default 1)
  --only A,B    sides, by parts of their names (default: all)
  --output F    where the raw figures go as JSON lines (default .googlenet/bench-inference.jsonl)
`;

const flags = readBenchFlags(HELP, 'bench-inference.jsonl', { only: '' });
const { threads, times, only } = flags;

await bootstrap([]);
const { writeBatch } = await import('./lib/batch-files.mjs');
const { writeEmptyPlan, writePlans } = await import('./lib/plan-files.mjs');
const { describeMachine, findPython } = await import('./lib/machine.mjs');
const { exportOnnx, installOnnxruntime } = await import('./lib/peers.mjs');

const records = [];

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
  await startSides(sides, pythonPath, { files, onnx, threads, plans });
  const names = sides.map(({ name }) => name);
  const context = { sides, threads, times, records };
  printBatches(names, await timeBatches(context));
  // Measured before the other sections, printed last.
  const rows = await memory(context);
  const inNode = { ...context, sides: sides.filter(({ node }) => node) };
  await pressure(inNode);
  await pauses(inNode);
  const kernelEngines = sides.filter(
    ({ node, options }) => node === 'engine.mjs' && options.backend !== 'libtorch',
  );
  if (backendsOf('float32').length > 0 && kernelEngines.length > 0) {
    await compete({ ...context, sides: kernelEngines });
    await calls(context, await writeEmptyPlan(folder));
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
  await coldStarts(
    context,
    Object.fromEntries(Object.entries(commands).filter(([name]) => isWanted({ name }))),
  );
  print('Resident memory after all batches, 32 images (18 MiB) included', ['', 'memory'], rows);
  writeRecords(flags.output, records);
});
