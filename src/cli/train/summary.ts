/** What a run says at its start and at its end. */

import { join } from 'node:path';
import { cyan } from '../../core/colors.js';
import { formatCount, formatPercent, formatTable, heading, plural } from '../../core/format.js';
import { bestEpoch } from '../../report/run-metrics.js';
import type { EpochMetrics, EpochRecord } from '../../run/records/records.js';
import type { DataSource, RunDescription } from '../../run/run-description.js';
import { runFiles } from '../../run/run-files.js';
import { DEFAULTS, SETTING_NAMES, type SettingName, type TrainingSettings } from '../../run/settings.js';
import type { FitResult } from '../../train/fit-events.js';
import type { TrainState } from '../../train/train-state.js';
import { flagOf } from '../flags.js';
import { commandLine, shown } from '../invocation.js';

const sourceText = (source: DataSource | null): string =>
  source === null ? 'none' : `${shown(source.folder ?? '')} (${formatCount(source.images ?? 0)} images)`;

/** Said in a sentence of their own, or as they turned out to be on this machine. */
const IN_SENTENCE: readonly SettingName[] = [
  'epochs',
  'steps',
  'batchSize',
  'lr',
  'architecture',
  'device',
  'threads',
];

/**
 * What a run is about to do: its images, the settings that were changed, and a sentence of those that everybody asks for.
 * @param isVerbose with every setting, and what the run runs on
 */
export function formatStart(
  dir: string,
  run: RunDescription,
  resumedAt: TrainState | null,
  isVerbose: boolean,
): string {
  const { settings, classes, train, validation, weights, environment } = run;
  const isShown = (name: SettingName) =>
    isVerbose || (settings[name] !== DEFAULTS[name] && !IN_SENTENCE.includes(name));
  const rows = [
    ['train', sourceText(train)],
    ['validation', sourceText(validation)],
    ['classes', formatCount(classes.length)],
    ...(weights === null ? [] : [['weights', shown(weights)]]),
    ...SETTING_NAMES.filter(isShown).map((name) => [flagOf(name).slice(2), valueText(settings, name)]),
    ...Object.entries(isVerbose ? environment : {}).map(([name, value]) => [name, String(value)]),
  ];
  const table = formatTable(rows.map((row) => ['', ...row]));
  const text = `${table}\n  ${isVerbose ? '' : `${sentenceOf(settings, environment)}\n  All settings: ${shown(runFiles(dir).settings)}, or --verbose.`}`;
  if (resumedAt === null) return `Training in ${shown(dir)}:\n${text}`.trimEnd();
  const { epoch, globalStep } = resumedAt;
  return `Resuming in ${shown(dir)} after ${plural(epoch, 'epoch')}, ${plural(globalStep, 'step')}:\n${text}`.trimEnd();
}

/** What differs from the default stands out. */
function valueText(settings: TrainingSettings, name: SettingName): string {
  const text = String(settings[name] ?? 'none');
  return settings[name] === DEFAULTS[name] ? text : cyan(text);
}

function sentenceOf(
  { epochs, steps, batchSize, lr, architecture, device, threads }: TrainingSettings,
  { libtorch }: RunDescription['environment'],
): string {
  const length = steps === null ? plural(epochs ?? 0, 'epoch') : plural(steps, 'step');
  const place = device === 'cpu' ? `the CPU with ${plural(threads ?? 1, 'thread')}` : device;
  return `${length} of ${architecture} in batches of ${batchSize}, learning rate ${lr}, on ${place}, libtorch ${libtorch}.`;
}

const scoreCells = ({ loss, top1, top5 }: EpochMetrics): string[] => [
  loss === null ? 'none' : loss.toFixed(4),
  formatPercent(top1 ?? 0),
  formatPercent(top5 ?? 0),
];

/** @param stepsPerEpoch tells how much of an epoch `--steps` cut short. */
export function formatResult(
  dir: string,
  result: FitResult,
  epochs: readonly EpochRecord[],
  stepsPerEpoch: number | null,
): string {
  const last = epochs.at(-1);
  const best = bestEpoch(epochs);
  const rows = [heading(['', '', 'loss', 'top-1', 'top-5'])];
  if (last) rows.push(['', 'train', ...scoreCells(last.train)]);
  if (last?.validation) rows.push(['', 'validation', ...scoreCells(last.validation)]);
  if (best?.validation) rows.push(['', `best (epoch ${best.epoch})`, ...scoreCells(best.validation)]);
  const files = runFiles(dir);
  const outputs = [
    ['', shown(files.model), 'the final weights'],
    ...(best
      ? [['', shown(files.best), `the weights of epoch ${best.epoch}, best on the validation images`]]
      : []),
    ...(result.checkpoint === null ? [] : [['', shown(result.checkpoint), 'to resume with more epochs']]),
    ['', shown(join(dir, 'report.html')), 'the run to look at; its curves are also .png and .svg'],
  ];
  const why =
    result.reason === 'stopped-early'
      ? ' Validation got no better: the weights of the best epoch are used.'
      : '';
  const trained =
    stepsPerEpoch === null ? result.epoch : Math.floor((100 * result.step) / stepsPerEpoch) / 100;
  const done = `Trained ${plural(trained, 'epoch')}, ${plural(result.step, 'step')}.${why}`;
  return [
    done,
    formatTable(rows, ['left', 'left', 'right', 'right', 'right']),
    `Files in ${shown(dir)}:`,
    formatTable(outputs),
  ].join('\n');
}

export const formatInterruption = (dir: string, step: number): string =>
  `Interrupted after ${plural(step, 'step')}. Resume with:\n  ${commandLine(['train', '--resume', shown(dir)])}`;
