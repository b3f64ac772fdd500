import { GoogLeNetError } from './errors.js';
import type { SafetensorsHeader } from './formats/safetensors.js';
import type { TensorSpan } from './native/contract.js';

/** What a weights file says of its model beside the tensors. */
export interface ModelDescription {
  numClasses: number;
  auxLogits: boolean;
  /** Names of the classes, where they are known. */
  classes?: readonly string[];
}

/** The metadata key under which this package keeps JSON of its own. Files written elsewhere lack it. */
const KEY = 'googlenet';

export function toMetadata(content: object): Record<string, string> {
  // 'pt' is what Python's readers look for.
  return { format: 'pt', [KEY]: JSON.stringify(content) };
}

export function fromMetadata(header: SafetensorsHeader, path: string): Record<string, unknown> {
  const text = header.metadata[KEY];
  if (text === undefined) return {};
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null) return content as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new GoogLeNetError('INVALID_WEIGHTS', `The metadata of ${path} is damaged. Save the file again.`);
}

/** Reads a description off the tensors themselves, so that a Python state_dict needs no metadata. */
export function describe(
  tensors: readonly TensorSpan[],
  content: Record<string, unknown>,
  path: string,
): ModelDescription {
  const numClasses = tensors.find(({ name }) => name === 'fc.weight')?.shape[0];
  if (numClasses === undefined || numClasses < 1) {
    throw new GoogLeNetError('WEIGHTS_MISMATCH', `${path} holds no GoogLeNet: it has no tensor 'fc.weight'.`);
  }
  const auxLogits = tensors.some(({ name }) => name.startsWith('auxilliary_output_1.'));
  const { classes } = content;
  const areNames =
    Array.isArray(classes) &&
    classes.length === numClasses &&
    classes.every((name) => typeof name === 'string');
  return areNames ? { numClasses, auxLogits, classes: classes as string[] } : { numClasses, auxLogits };
}
