/** Several runs side by side. */
import { GoogLeNetError } from '../core/errors.js';
import type { EpochRecord, Metric } from '../run/records/records.js';
import { type RunData, readRunData } from '../run/records/run-data.js';
import { type RunSettings, valueText } from '../run/records/run-settings.js';
import { formatCount, formatLoss, formatSeconds, formatShare, formatSpeed } from './format.js';
import { type RunScores, scoresOf } from './scores.js';

/** As many as their lines can be told from each other. */
export const MAX_RUNS = 16;

export interface ComparedRun extends RunData {
  /** The folder as it was given. */
  folder: string;
  scores: RunScores;
}

/** One quantity; a text for each run. */
export interface Row {
  name: string;
  values: string[];
}

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `FILE_NOT_FOUND` where a folder holds no run, `FILE_ERROR`, `INVALID_RUN_LOG`. */
export async function readRuns(folders: readonly string[]): Promise<ComparedRun[]> {
  const paths = folders.map((folder) => folder.replace(/(?<=.)\/+$/, ''));
  const twice = paths.find((folder, i) => paths.indexOf(folder) < i);
  if (twice !== undefined) throw wrong(`${twice} is given twice.`);
  if (paths.length < 2 || paths.length > MAX_RUNS) {
    throw wrong(`Give the folders of 2 to ${MAX_RUNS} runs; ${paths.length} came.`);
  }
  const runs: ComparedRun[] = [];
  for (const folder of paths) {
    const run = await readRunData(folder);
    runs.push({ ...run, folder, scores: scoresOf(run.records) });
  }
  return runs;
}

const wrong = (message: string) => new GoogLeNetError('INVALID_ARGUMENT', message);

/** The settings, and parts of the environment, that are not the same in all runs. */
export function differences(runs: readonly ComparedRun[]): Row[] {
  return [
    ...differing(runs, ({ settings }) => settings),
    ...differing(runs, ({ environment }) => environment).map(({ name, values }) => ({
      name: `${name} (environment)`,
      values,
    })),
  ];
}

type Part = RunSettings['settings'];

function differing(runs: readonly ComparedRun[], part: (settings: RunSettings) => Part): Row[] {
  const maps = runs.map(({ settings }) => settings && part(settings));
  const names = new Set(maps.flatMap((map) => [...(map?.keys() ?? [])]));
  const rows = [...names].map((name) => ({
    name,
    values: maps.map((map) => (map?.has(name) ? valueText(map.get(name)) : 'unknown')),
  }));
  return rows.filter(({ values }) => new Set(values).size > 1);
}

export function results(runs: readonly ComparedRun[]): Row[] {
  const row = (name: string, value: (scores: RunScores) => string): Row => ({
    name,
    values: runs.map(({ scores }) => value(scores)),
  });
  return [
    row('epochs', ({ epochs }) => formatCount(epochs)),
    row('steps', ({ steps }) => formatCount(steps)),
    row('time of all epochs', ({ seconds }) => formatSeconds(seconds)),
    row('images/s in training', ({ imagesPerSecond }) => formatSpeed(imagesPerSecond)),
    row('training loss', ({ final }) => formatLoss(final?.train.loss ?? null)),
    row('training top-1', ({ final }) => formatShare(final?.train.top1 ?? null)),
    row('validation loss', ({ final }) => formatLoss(final?.validation?.loss ?? null)),
    row('validation top-1', ({ final }) => formatShare(final?.validation?.top1 ?? null)),
    row('validation top-5', ({ final }) => formatShare(final?.validation?.top5 ?? null)),
    row('best validation top-1', ({ best }) => atEpoch(best, formatShare, best?.validation?.top1)),
    row('lowest validation loss', ({ lowest }) => atEpoch(lowest, formatLoss, lowest?.validation?.loss)),
  ];
}

const atEpoch = (record: EpochRecord | null, format: (value: Metric) => string, value: Metric | undefined) =>
  record === null ? 'none' : `${format(value ?? null)} (epoch ${formatCount(record.epoch)})`;

/** The same as numbers, for programs. */
export function comparisonJson(runs: readonly ComparedRun[]): object {
  const names = differing(runs, ({ settings }) => settings).map(({ name }) => name);
  return {
    runs: runs.map(({ folder, settings, scores }) => ({
      run: folder,
      ...scores,
      settings:
        settings && Object.fromEntries(names.map((name) => [name, settings.settings.get(name) ?? null])),
    })),
  };
}
