/** torchvision's `transform_input`, which only its users know of: a state_dict is the same with and without, and the answers are not. */
import { GoogLeNetError } from '../core/errors.js';
import type { Terminal } from '../core/terminal.js';
import type { ModelDescription } from '../models/description.js';
import { optionalToggle } from './flags.js';
import type { WeightsFile } from './weights-file.js';

export const transformInput = optionalToggle(
  "weights of torchvision's layout: as its transform_input (published ImageNet weights need it; default: what the file says)",
);

export interface TransformInput {
  transformInput?: boolean;
}

const canTransform = (model: ModelDescription): boolean =>
  model.architecture === 'googlenet' && model.variant === 'torchvision';

const isUnsaid = (model: ModelDescription): boolean =>
  canTransform(model) && model.architecture === 'googlenet' && model.transformInput === undefined;

/** What to say of a file that leaves it open; null where there is nothing to say. */
export const unsaidTransform = (
  path: string,
  model: ModelDescription,
  flag: boolean | null,
): string | null =>
  flag === null && isUnsaid(model)
    ? `${path} has torchvision's layout and does not say whether its transform_input was used: taken as unused. ` +
      'Give --transform-input or --no-transform-input.'
    : null;

/**
 * Options of loading these files, one for each, and a warning for each that leaves it open.
 * @param flag what was typed; null for neither form.
 * @throws GoogLeNetError `INVALID_ARGUMENT` where it was typed and no file can have it.
 */
export function transformInputs(
  terminal: Terminal,
  files: readonly WeightsFile[],
  flag: boolean | null,
): TransformInput[] {
  if (flag !== null && !files.some(({ model }) => canTransform(model))) {
    const paths = files.map(({ path }) => path).join(', ');
    const message = `--transform-input is for weights of torchvision's layout, and ${paths} has another. Leave it out.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  return files.map(({ path, model }) => {
    const warning = unsaidTransform(path, model, flag);
    if (warning !== null) terminal.tell(`Warning: ${warning}`);
    return flag !== null && canTransform(model) ? { transformInput: flag } : {};
  });
}
