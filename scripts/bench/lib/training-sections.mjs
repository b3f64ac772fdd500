// The sections of `npm run bench:training`.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../lib/bootstrap.mjs';
import { writeBatch } from './batch-files.mjs';
import { benchmark, scratchFolder } from './children.mjs';
import { AUGMENTATIONS, timeLoader } from './loader-speed.mjs';
import { findPython, printMachine } from './machine.mjs';
import { writePhotographs } from './photographs.mjs';
import { writeRecords } from './records.mjs';
import { Side } from './side.mjs';
import { interleave } from './statistics.mjs';
import { printLoader, printProfile, printRuns, printSteps } from './training-tables.mjs';
import { timeRun } from './whole-run.mjs';

const { ImageFolder } = createRequire(import.meta.url)('../../..');

const BATCH = 32;
/** Eight steps per epoch, so that a run of twelve contains the end of an epoch. */
const IMAGES = 256;
const STEPS_OF_RUN = 12;
const PRECISIONS = [
  { name: 'fp32', precision: 'float32', runs: 7 },
  { name: 'bf16', precision: 'bfloat16', runs: 12 },
];

/** @param flags as `readBenchFlags` gives them. */
export async function benchTraining(flags) {
  const python = await findPython('torch');
  const { threads, device, times } = flags;
  const records = [];
  const record = (about) => (side, run, figures) => records.push({ ...about, side, run, ...figures });
  await benchmark(async () => {
    const folder = scratchFolder();
    const ours = new Side(process.execPath, [join(root, 'scripts/bench/sides/training.mjs')]);
    const peer = new Side(python, [join(root, 'scripts/bench/sides/pytorch_training.py')]);
    const best = { threads, device, channelsLast: true, fused: true };
    const context = { ours, peer, folder, times, record };

    const request = { ...best, ...(await writeBatch(folder, { numClasses: 1000 })) };
    const versions = { ...(await ours.ask('load', request)), ...(await peer.ask('load', request)) };
    printMachine(flags, versions, '224×224, channels-last, fused SGD');

    const steps = [];
    for (const how of PRECISIONS) steps.push(await compareSteps(context, request, how));
    printSteps(steps);
    const images = join(folder, 'images');
    mkdirSync(images);
    await writePhotographs(images, IMAGES, mkdirSync);
    printLoader(await measureLoader(context, images), steps);
    const two = { ...best, ...(await writeBatch(folder, { numClasses: 2 })) };
    const runs = [];
    for (const how of PRECISIONS) runs.push(await compareRuns(context, { ...two, images }, how));
    printRuns(runs);
    printProfile(steps);
    writeRecords(flags.output, records);
  });
}

async function compareSteps({ ours, peer, times, record }, request, { name, precision, runs }) {
  await ours.ask('load', { ...request, precision });
  await peer.ask('load', { ...request, precision });
  const operations = {
    floats: () => ours.ask('step', { batch: BATCH }),
    bytes: () => ours.ask('step', { batch: BATCH, fromBytes: true }),
    peer: () => peer.ask('step', { batch: BATCH }),
  };
  assertAlike(await operations.floats(), await operations.peer(), name);
  const about = { case: 'step', precision };
  const figures = await interleave(operations, { warmup: 1, runs: times(runs) }, record(about));
  const profile = await peer.ask('profile', { batch: BATCH, steps: 3 });
  record({ case: 'profile', precision })('peer', 0, profile);
  return { name, ...figures, profile };
}

/** Compares the first steps: the same model on the same images, but different dropout masks. */
function assertAlike(ours, peer, name) {
  if (Math.abs(ours.loss - peer.loss) <= 0.1 * peer.loss) return;
  const losses = `${ours.loss} here and ${peer.loss} in PyTorch`;
  throw new Error(`The loss of the first step in ${name} is ${losses}: the two sides do not do the same.`);
}

async function measureLoader({ times, record }, images) {
  const source = await ImageFolder.open(images);
  let epoch = 0;
  const operation = (augment) => () => {
    epoch += 100;
    return timeLoader(source, { augment, epoch, batches: 24 });
  };
  const operations = Object.fromEntries(AUGMENTATIONS.map((augment) => [augment, operation(augment)]));
  return interleave(operations, { warmup: 1, runs: times(3) }, record({ case: 'loader' }));
}

/** Whole runs in turns with steps alone of the same model from bytes, as the data loader gives them. */
async function compareRuns({ ours, folder, times, record }, request, { name, precision }) {
  const { threads, device, images } = request;
  await ours.ask('load', { ...request, precision });
  let runs = 0;
  const operations = {
    alone: () => stepsAlone(ours, 5),
    whole: () => {
      const out = join(folder, `run-${precision}-${runs++}`);
      return timeRun({ images, count: IMAGES, out, steps: STEPS_OF_RUN, precision, threads, device });
    },
  };
  const about = { case: 'run', precision };
  const figures = await interleave(operations, { warmup: 0, runs: times(2) }, record(about));
  return { name, ...figures };
}

async function stepsAlone(ours, count) {
  // The first one allocates its memory.
  await ours.ask('step', { batch: BATCH, fromBytes: true });
  const steps = [];
  for (let i = 1; i < count; i++) steps.push((await ours.ask('step', { batch: BATCH, fromBytes: true })).ms);
  return { steps };
}
