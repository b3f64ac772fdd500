/** Flags that contradict one another, or would mean nothing where they stand. */
import { isDeepStrictEqual } from 'node:util';
import { GoogLeNetError } from '../../core/errors.js';
import type { SettingName, TrainingSettings } from '../../run/settings.js';
import { flagOf } from '../flags.js';
import type { Datasets } from './data.js';

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function assertOneLength({ epochs, steps }: Partial<TrainingSettings>): void {
  if (epochs === undefined || steps === undefined || steps === null) return;
  throw new GoogLeNetError('INVALID_ARGUMENT', 'Give either --epochs or --steps, the length of the run.');
}

/** What settings have a meaning for: in silence, a flag must not be without any. */
const forHeads = ({ architecture }: TrainingSettings) =>
  architecture === 'xception' ? 'a variant of GoogLeNet' : null;
const MEANT_FOR: Partial<Record<SettingName, (settings: TrainingSettings) => string | null>> = {
  stepSize: ({ schedule }) => (schedule === 'step' ? null : '--schedule step'),
  gamma: ({ schedule }) => (schedule === 'step' ? null : '--schedule step'),
  power: ({ schedule }) => (schedule === 'polynomial' ? null : '--schedule polynomial'),
  transformInput: ({ architecture }) =>
    architecture === 'torchvision' ? null : '--architecture torchvision',
  auxLogits: forHeads,
  dropoutAux: forHeads,
  auxWeight: forHeads,
  patienceMetric: ({ patience }) => (patience === null ? '--patience' : null),
};

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function assertUsed(typed: Partial<TrainingSettings>, settings: TrainingSettings): void {
  for (const name of Object.keys(typed) as SettingName[]) {
    const needed = MEANT_FOR[name]?.(settings) ?? null;
    if (needed !== null) throw new GoogLeNetError('INVALID_ARGUMENT', `${flagOf(name)} needs ${needed}.`);
  }
}

/** @throws GoogLeNetError `INVALID_ARGUMENT` */
export function assertNamed(names: readonly string[], folder: string, { train }: Datasets): void {
  if (isDeepStrictEqual([...names], [...train.classes])) return;
  const message = `--classes names those of idx files, and ${folder} has folders of classes. Leave it out.`;
  throw new GoogLeNetError('INVALID_ARGUMENT', message);
}
