// `googlenet train` with everything: data loader, augmentation, logs, checkpoints, a dashboard with an open page.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { root } from '../../lib/bootstrap.mjs';
import { start } from './children.mjs';
import { openPage } from './page.mjs';

const PRELOAD = pathToFileURL(join(root, 'scripts/bench/lib/event-loop.mjs')).href;
const BATCH = 32;

/**
 * Trains on a folder of images with plain augmentation.
 * @param plan folder and number of images, folder of the run, number of steps, and further flags.
 * @returns milliseconds of each step, except the first of an epoch, which waits for its batch; milliseconds per step including
 * everything between the first step and the last, such as the end of an epoch; delay of the event loop from the first step to the
 * end of the process; what the page read.
 */
export async function timeRun({ images, count, out, steps, precision, threads, device }) {
  const flags = {
    train: images,
    out,
    steps,
    precision,
    threads,
    device,
    augment: 'plain',
    'batch-size': BATCH,
  };
  const settings = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = ['--import', PRELOAD, 'dist/cli/main.js', 'train', ...settings, '--fused', '--dashboard'];
  const child = start(process.execPath, command, { cwd: root, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const measured = watch(child);
  const [code] = await once(child, 'close');
  const { delay, page, lines } = measured;
  if (code !== 0) throw new Error(`googlenet train ended with ${code}:\n${lines.join('\n')}`);
  if (!delay?.samples || !page?.events) throw new Error('The run was over before it could be watched.');
  return { ...timesOf(join(out, 'metrics.jsonl'), count / BATCH), delay, page };
}

/** Collects the figures of a run in progress. */
function watch(child) {
  const measured = { delay: null, page: null, lines: [] };
  let begun = false;
  const onPulse = ({ progress }) => {
    if (begun || progress.step < 1) return;
    begun = true;
    child.send('begin');
  };
  createInterface({ input: child.stderr }).on('line', (line) => {
    measured.lines.push(line);
    const [, url] = /^Dashboard: (\S+)/.exec(line) ?? [];
    if (url !== undefined) measured.page = openPage(url, onPulse);
  });
  child.once('message', (delay) => {
    measured.delay = delay;
  });
  return measured;
}

function timesOf(log, stepsPerEpoch) {
  const records = readFileSync(log, 'utf8').trim().split('\n');
  const steps = records.map((line) => JSON.parse(line)).filter(({ type }) => type === 'step');
  const later = steps.filter(({ step }) => (step - 1) % stepsPerEpoch !== 0);
  return {
    steps: later.map(({ imagesPerSecond }) => (BATCH * 1000) / imagesPerSecond),
    overall: ((steps.at(-1).time - steps[0].time) * 1000) / (steps.length - 1),
  };
}
