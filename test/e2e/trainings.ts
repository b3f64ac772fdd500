/** Trainings that tests disturb, and comparing them with one that nothing disturbed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { records, type Started, startCli, workspace } from './cli.js';

/** One thread: two of them wait for each other by spinning, which takes ten times as long where a core is taken. */
const RECIPE = ['--data', 'images', '--batch-size', '2', '--seed', '3', '--threads', '1'];
/** Steps that take no time. */
const SMALL = ['--architecture', 'torchvision', '--crop', '32', '--resize', '32'];
export const STEPS_PER_EPOCH = 4;

/** Steps of the checkpoints in a run's folder. */
export const checkpoints = (run: string): number[] =>
  readdirSync(join(run, 'checkpoints'))
    .sort()
    .map((name) => Number(/^step-(\d{8})\.safetensors$/.exec(name)?.[1]));

/**
 * A workspace, and the command that trains in it: two epochs, where nothing else is said, of small images. `slowly` is for runs that are
 * disturbed in their middle: the steps of whole images leave time for it.
 */
export function trainings() {
  const dir = workspace();
  const start = (out: string, ...more: string[]) => startCli(dir, 'train', ...RECIPE, '--out', out, ...more);
  const slowly = (out: string, ...more: string[]): Started =>
    start(out, ...(more.includes('--epochs') ? [] : ['--epochs', '2']), ...more);
  const train = (out: string, ...more: string[]): Started => slowly(out, ...SMALL, ...more);
  train.slowly = slowly;
  train.steps = (steps: number, out: string): Started => start(out, '--steps', String(steps), ...SMALL);
  return { dir, path: (...names: string[]) => join(dir, ...names), train };
}

/** The lengths of the events in a run's file for TensorBoard: a frame is a length of 8 bytes, a checksum, the event, a checksum. */
function eventLengths(run: string): number[] {
  const [name = '', ...others] = readdirSync(run).filter((file) => file.startsWith('events.out.tfevents.'));
  expect(others).toEqual([]);
  const bytes = readFileSync(join(run, name));
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; at += 16 + (lengths.at(-1) ?? 0)) {
    lengths.push(Number(bytes.readBigUInt64LE(at)));
  }
  return lengths;
}

/** The same files as in another run, except durations. */
export function expectSameRun(run: string, other: string): void {
  const plain = (dir: string) =>
    records(dir).map(({ time: _, seconds: __, imagesPerSecond: ___, ...record }) => record);
  expect(plain(run)).toEqual(plain(other));
  expect(eventLengths(run)).toEqual(eventLengths(other));
  for (const file of ['model.safetensors', 'best.safetensors']) {
    expect(readFileSync(join(run, file)).equals(readFileSync(join(other, file)))).toBe(true);
  }
}
