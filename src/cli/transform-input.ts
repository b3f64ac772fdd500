/** torchvision's `transform_input`: the state_dict is the same with and without it, but the logits are not, so the user has to say. */
import { GoogLeNetError } from '../core/errors.js';
import type { Terminal } from '../core/terminal.js';
import { TRAINING_SETTINGS } from '../core/training-settings.js';
import type { ModelDescription } from '../models/description.js';
import type { OpenWeights } from './weights-file.js';

export const { transformInput } = TRAINING_SETTINGS;

export interface TransformInput {
  transformInput?: boolean;
}

const canTransform = (model: ModelDescription): boolean =>
  model.architecture === 'googlenet' && model.variant === 'torchvision';

const isUnsaid = (model: ModelDescription): boolean =>
  canTransform(model) && model.architecture === 'googlenet' && model.transformInput === undefined;

/** The warning for a file that does not say whether it was used; null where there is none. */
export const unsaidTransform = (
  path: string,
  model: ModelDescription,
  flag: boolean | null,
): string | null =>
  flag === null && isUnsaid(model)
    ? `${path} has torchvision's layout and does not say whether transform_input was used: it is taken to be unused. ` +
      'Give --transform-input or --no-transform-input.'
    : null;

/**
 * The option for loading each of these files. Warns about each file that does not say.
 * @param flag what was typed; null for neither form.
 * @throws GoogLeNetError `INVALID_ARGUMENT` where the flag was typed and fits none of the files.
 */
export function transformInputs(
  terminal: Terminal,
  files: readonly OpenWeights[],
  flag: boolean | null,
): TransformInput[] {
  if (flag !== null && !files.some(({ model }) => canTransform(model))) {
    const paths = files.map(({ path }) => path).join(', ');
    const message = `--transform-input is for weights of torchvision's layout, and ${paths} has another. Leave it out.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  return files.map(({ path, model }) => {
    const warning = unsaidTransform(path, model, flag);
    if (warning !== null) terminal.warn(warning);
    return flag !== null && canTransform(model) ? { transformInput: flag } : {};
  });
}
