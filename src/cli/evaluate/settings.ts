/** The flags of `googlenet evaluate`. */
import { choice, type ValuesOf } from '../../core/settings.js';
import { SETTINGS } from '../../run/settings.js';
import { onDecodeError } from '../flags.js';
import { transformInput } from '../transform-input.js';

const { batchSize, auxWeight, resize, crop, maxPixels, autoOrient } = SETTINGS;
const { device, threads, channelsLast, precision } = SETTINGS;
const crops = choice(
  '1',
  ['1', '10', '144'],
  'crops of each image whose predictions are averaged (10: corners, center, mirrored; 144: the paper)',
);

export const OPTIONS = {
  ...{ batchSize, auxWeight, resize, crop, crops, onDecodeError, maxPixels, autoOrient, transformInput },
  ...{ device, threads, channelsLast, precision },
};
export type EvaluateSettings = ValuesOf<typeof OPTIONS>;

/** Options of weights that mean nothing for the plan of an engine, which has them built in. */
export const OF_WEIGHTS = ['auxWeight', 'transformInput', 'device', 'channelsLast', 'precision'] as const;
