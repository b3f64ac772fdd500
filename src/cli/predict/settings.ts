/** The flags of `googlenet predict`. */
import { count, toggle, type ValuesOf } from '../../core/settings.js';
import { SETTINGS } from '../../run/settings.js';
import { onDecodeError } from '../flags.js';
import { transformInput } from '../transform-input.js';

const { maxPixels, autoOrient, device, threads } = SETTINGS;
export const OPTIONS = {
  topK: count(5, 'classes to show'),
  auxHeads: toggle(false, 'show what the two auxiliary heads see, too'),
  onDecodeError,
  maxPixels,
  autoOrient,
  transformInput,
  device,
  threads,
};
export type PredictSettings = ValuesOf<typeof OPTIONS>;
