// `node scripts/kill-test.mjs`: kills a training run with SIGKILL at random moments, over and over, and compares its weights with
// those of an undisturbed run.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt } from './kill-test/attempt.mjs';
import { counts, readFlags, refuse } from './lib/flags.mjs';

const HELP = `node scripts/kill-test.mjs [options]     (after npm run setup)

Trains a small run, with a checkpoint after each step, that is killed (SIGKILL) and resumed until it gets to its end; then the next
one, until there were as many kills as asked for. Of ten kills, four come while a checkpoint is being written, four at any moment
of the training, two while the process starts. After each, the newest checkpoint that was announced must be found whole and the
run must resume from it; each run must end with the weights, byte for byte, of one that nothing disturbed.

  --tries N   kills in all, a few seconds each (default 100)
  --seed N    of the moments (default 1); when a process gets where depends on the machine
`;

const flags = readFlags(HELP, { tries: '100', seed: '1' });
const [tries] = counts(flags, 'tries');
if (!/^\d+$/.test(flags.seed)) refuse('--seed takes a number from 0 on.');
const { Xoshiro128 } = createRequire(import.meta.url)('../dist/data/sampler.js');
const random = Xoshiro128.seeded(BigInt(flags.seed), 1);
const upTo = (ms) => random.below(Math.max(1, Math.round(ms)));

/** Durations of the parts of a run on this machine, and its final weights. */
async function undisturbed(folder) {
  const { lines, code, errors } = await attempt(...pathsIn(folder), null);
  if (code !== 0) throw new Error(`The run fails even when nothing disturbs it:\n${errors}`);
  const at = (type) => lines.find((line) => line.type === type).ms;
  const startMs = at('found');
  return { startMs, runMs: at('complete') - startMs, writeMs: at('checkpoint') - at('step') };
}

function pathsIn(folder) {
  const checkpoints = join(folder, 'checkpoints');
  mkdirSync(checkpoints, { recursive: true });
  return [checkpoints, join(folder, 'weights.safetensors')];
}

/** When to kill next: after a third of a run at most, so that one run is killed several times. */
function nextKill({ startMs, runMs, writeMs }) {
  const kind = random.below(10);
  if (kind < 4) return { write: 1 + random.below(4), afterMs: upTo(writeMs * 1.2) };
  if (kind < 8) return { afterMs: startMs + upTo(runMs / 3) };
  return { afterMs: upTo(startMs) };
}

/** Records for the kills before a process whether their checkpoint existed and whether the run resumed from it. */
function judge({ lines }, kills, announced) {
  const found = lines.find(({ type }) => type === 'found');
  const isDamaged = lines.some(({ type }) => type === 'damaged');
  if (found === undefined) return;
  const isNewest = !isDamaged && (found.step ?? 0) >= announced;
  const resumed = lines[lines.indexOf(found) + 1] !== undefined;
  for (const kill of kills) {
    kill.found ??= isNewest;
    if (resumed) kill.resumed ??= true;
  }
}

/** One run from start to end, killed as often as kills are left. */
async function killedRun(folder, times, left) {
  const kills = [];
  const paths = pathsIn(folder);
  let announced = 0;
  for (;;) {
    const kill = kills.length < left ? nextKill(times) : null;
    const result = await attempt(...paths, kill);
    judge(result, kills, announced);
    for (const { type, step } of result.lines) if (type === 'checkpoint') announced = step;
    if (result.killedWhile !== null) kills.push({ phase: result.killedWhile });
    else if (result.code === 0) return kills;
    else
      throw new Error(`The run in ${folder} does not resume after ${kills.length} kills:\n${result.errors}`);
  }
}

/** Files that a killed process may leave behind, and a completed one must not. */
const litterIn = (folder) =>
  readdirSync(join(folder, 'checkpoints')).filter((name) => /^\.(step|lock)-/.test(name));

function printTable(kills) {
  const phases = [...new Set(kills.map(({ phase }) => phase))].sort();
  const rows = [
    ...phases.map((phase) => [phase, kills.filter((kill) => kill.phase === phase)]),
    ['all', kills],
  ];
  const header = ['killed while', 'kills', 'newest checkpoint found', 'resumed', 'bit-equal'];
  const count = (list, key) => String(list.filter((kill) => kill[key] === true).length);
  const cells = rows.map(([name, list]) => [
    name,
    String(list.length),
    ...['found', 'resumed', 'isEqual'].map((key) => count(list, key)),
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  for (const row of [header, ...cells]) {
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    );
  }
}

const root = mkdtempSync(join(tmpdir(), 'googlenet-kill-'));
const begin = performance.now();
const times = await undisturbed(join(root, 'undisturbed'));
const expected = readFileSync(join(root, 'undisturbed/weights.safetensors'));
const kills = [];
let failures = 0;
for (let run = 1; kills.length < tries; run++) {
  const folder = join(root, `run-${run}`);
  const killed = await killedRun(folder, times, tries - kills.length);
  const isEqual = readFileSync(join(folder, 'weights.safetensors')).equals(expected);
  const litter = litterIn(folder);
  kills.push(...killed.map((kill) => ({ ...kill, isEqual })));
  const isGood = isEqual && litter.length === 0 && killed.every((kill) => kill.found && kill.resumed);
  console.log(
    `run ${run}: ${killed.length} kills, ${isEqual ? 'bit-equal' : 'OTHER WEIGHTS'}${litter.map((name) => `, left ${name}`).join('')}`,
  );
  if (isGood) rmSync(folder, { recursive: true });
  else {
    failures++;
    console.log(`  kept in ${folder}`);
  }
}
console.log();
printTable(kills);
console.log(`\n${((performance.now() - begin) / 1000).toFixed(0)} s`);
if (failures === 0) rmSync(root, { recursive: true });
else process.exitCode = 1;
