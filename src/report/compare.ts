/** Reads several runs, and compares their settings and results. */
import { GoogLeNetError } from '../core/errors.js';
import type { EpochRecord, Metric } from '../run/records/records.js';
import { type RunData, readRunData } from '../run/records/run-data.js';
import { type RunSettings, valueText } from '../run/records/run-settings.js';
import {
  formatCount,
  formatDurationInWords,
  formatLoss,
  formatPercent,
  formatSpeed,
  MISSING,
} from './format.js';
import { type RunMetrics, runMetrics } from './run-metrics.js';

/** With more runs a reader could no longer tell their lines apart. */
const MAX_RUNS = 16;

export interface ComparedRun extends RunData {
  /** The folder as the caller named it. */
  folder: string;
  metrics: RunMetrics;
}

/** One quantity, with a text for each run. */
export interface ComparisonRow {
  name: string;
  values: string[];
}

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `FILE_NOT_FOUND` where a folder holds no run, `FILE_ERROR`, `INVALID_RUN_LOG`. */
export async function readRuns(folders: readonly string[]): Promise<ComparedRun[]> {
  const paths = folders.map((folder) => folder.replace(/(?<=.)\/+$/, ''));
  const duplicate = paths.find((folder, i) => paths.indexOf(folder) < i);
  if (duplicate !== undefined) throw invalidRuns(`${duplicate} is given twice.`);
  if (paths.length < 2 || paths.length > MAX_RUNS) {
    throw invalidRuns(`Give the folders of 2 to ${MAX_RUNS} runs; ${paths.length} came.`);
  }
  const runs: ComparedRun[] = [];
  for (const folder of paths) {
    const run = await readRunData(folder);
    runs.push({ ...run, folder, metrics: runMetrics(run.records) });
  }
  return runs;
}

const invalidRuns = (message: string) => new GoogLeNetError('INVALID_ARGUMENT', message);

/** Settings, and values of the environment, that differ between the runs. */
export function differences(runs: readonly ComparedRun[]): ComparisonRow[] {
  return [
    ...differing(runs, ({ settings }) => settings),
    ...differing(runs, ({ environment }) => environment).map(({ name, values }) => ({
      name: `${name} (environment)`,
      values,
    })),
  ];
}

type Values = RunSettings['settings'];

function differing(runs: readonly ComparedRun[], select: (settings: RunSettings) => Values): ComparisonRow[] {
  const maps = runs.map(({ settings }) => settings && select(settings));
  const names = new Set(maps.flatMap((map) => [...(map?.keys() ?? [])]));
  const rows = [...names].map((name) => ({
    name,
    values: maps.map((map) => (map?.has(name) ? valueText(map.get(name)) : 'unknown')),
  }));
  return rows.filter(({ values }) => new Set(values).size > 1);
}

export function results(runs: readonly ComparedRun[]): ComparisonRow[] {
  const row = (name: string, value: (metrics: RunMetrics) => string): ComparisonRow => ({
    name,
    values: runs.map(({ metrics }) => value(metrics)),
  });
  return [
    row('epochs', ({ epochs }) => formatCount(epochs)),
    row('steps', ({ steps }) => formatCount(steps)),
    row('duration of all epochs', ({ seconds }) => formatDurationInWords(seconds)),
    row('training images/s', ({ imagesPerSecond }) => formatSpeed(imagesPerSecond)),
    row('training loss', ({ final }) => formatLoss(final?.train.loss ?? null)),
    row('training top-1', ({ final }) => formatPercent(final?.train.top1 ?? null)),
    row('validation loss', ({ final }) => formatLoss(final?.validation?.loss ?? null)),
    row('validation top-1', ({ final }) => formatPercent(final?.validation?.top1 ?? null)),
    row('validation top-5', ({ final }) => formatPercent(final?.validation?.top5 ?? null)),
    row('best validation top-1', ({ best }) => atEpoch(best, formatPercent, best?.validation?.top1)),
    row('lowest validation loss', ({ lowest }) => atEpoch(lowest, formatLoss, lowest?.validation?.loss)),
  ];
}

const atEpoch = (record: EpochRecord | null, format: (value: Metric) => string, value: Metric | undefined) =>
  record === null ? MISSING : `${format(value ?? null)} (epoch ${formatCount(record.epoch)})`;

/** The comparison for programs: numbers instead of texts. */
export function comparisonJson(runs: readonly ComparedRun[]): object {
  const names = differing(runs, ({ settings }) => settings).map(({ name }) => name);
  return {
    runs: runs.map(({ folder, settings, metrics }) => ({
      run: folder,
      ...metrics,
      settings:
        settings && Object.fromEntries(names.map((name) => [name, settings.settings.get(name) ?? null])),
    })),
  };
}
