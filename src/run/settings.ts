/** The settings of a run, for the flags of the command, for settings.json and for what is printed at the start. */
import { choice, type ValuesOf, withDefaults } from '../core/settings.js';
import { TRAINING_SETTINGS } from '../core/training-settings.js';
import { ARCHITECTURES, type ArchitectureName } from '../models/architectures.js';

/** core/ knows no models, so their names come in here. */
export const SETTINGS = {
  architecture: choice<ArchitectureName>('reference', ARCHITECTURES, 'a variant of GoogLeNet, or xception'),
  ...TRAINING_SETTINGS,
};

export type TrainingSettings = ValuesOf<typeof SETTINGS>;
export type SettingName = keyof TrainingSettings;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export const DEFAULTS: TrainingSettings = withDefaults(SETTINGS, {});
