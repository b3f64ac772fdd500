import { GoogLeNetError } from './errors.js';
import type { TensorSpan } from './native/contract.js';

/** What a weights file says of its model beside the tensors. */
export interface ModelDescription {
  numClasses: number;
  auxLogits: boolean;
  /** Names of the classes, where they are known. */
  classes?: readonly string[];
  /** As the model was trained with. */
  dropout?: number;
  dropoutAux?: number;
}

/** The metadata key under which this package keeps JSON of its own. Files written elsewhere lack it. */
const KEY = 'googlenet';

export function toMetadata(content: object): Record<string, string> {
  // 'pt' is what Python's readers look for.
  return { format: 'pt', [KEY]: JSON.stringify(content) };
}

export function fromMetadata(
  { metadata }: { readonly metadata: Readonly<Record<string, string>> },
  path: string,
): Record<string, unknown> {
  const text = metadata[KEY];
  if (text === undefined) return {};
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null) return content as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new GoogLeNetError('INVALID_WEIGHTS', `The metadata of ${path} is damaged. Save the file again.`);
}

/** In checkpoints the model's tensors stand beside the optimiser's, behind this. */
export const MODEL_PREFIX = 'model.';

/** What DistributedDataParallel and DataParallel put in front of every name in Python. */
const PARALLEL_PREFIX = 'module.';

/** A file's tensors under a prefix, by their names without it. */
export function withoutPrefix<T extends TensorSpan>(tensors: readonly T[], prefix: string): T[] {
  return tensors.flatMap((span) =>
    span.name.startsWith(prefix) ? [{ ...span, name: span.name.slice(prefix.length) }] : [],
  );
}

export interface StoredModel<T extends TensorSpan> {
  /** Of the model alone, under its own names. */
  tensors: readonly T[];
  description: ModelDescription;
  /** The package's own metadata; empty in files written elsewhere. */
  content: Record<string, unknown>;
}

/**
 * The model in a file of weights or a checkpoint. Classes and auxiliary heads are read off the tensors, so that a Python state_dict
 * needs no metadata.
 * @throws GoogLeNetError `INVALID_WEIGHTS`, `WEIGHTS_MISMATCH` where the file holds no GoogLeNet.
 */
export function modelIn<T extends TensorSpan>(
  file: { readonly tensors: readonly T[]; readonly metadata: Readonly<Record<string, string>> },
  path: string,
): StoredModel<T> {
  const content = fromMetadata(file, path);
  const inCheckpoint = withoutPrefix(file.tensors, MODEL_PREFIX);
  const named = inCheckpoint.length > 0 ? inCheckpoint : file.tensors;
  const inParallel = withoutPrefix(named, PARALLEL_PREFIX);
  const tensors = inParallel.length === named.length ? inParallel : named;
  const numClasses = tensors.find(({ name }) => name === 'fc.weight')?.shape[0];
  if (numClasses === undefined || numClasses < 1) {
    throw new GoogLeNetError('WEIGHTS_MISMATCH', `${path} holds no GoogLeNet: it has no tensor 'fc.weight'.`);
  }
  const auxLogits = tensors.some(({ name }) => name.startsWith('auxilliary_output_1.'));
  const extras = readExtras(content.model, numClasses, path);
  return { tensors, content, description: { numClasses, auxLogits, ...extras } };
}

/** What the metadata adds to the tensors. It may be missing, but if it is there it must be sound. */
function readExtras(value: unknown, numClasses: number, path: string): Partial<ModelDescription> {
  if (value === undefined) return {};
  const { classes, dropout, dropoutAux } = Object(value) as Record<string, unknown>;
  const isRate = (rate: unknown) =>
    rate === undefined || (typeof rate === 'number' && rate >= 0 && rate <= 1);
  const areNames =
    classes === undefined ||
    (Array.isArray(classes) &&
      classes.length === numClasses &&
      classes.every((name) => typeof name === 'string'));
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject || !areNames || !isRate(dropout) || !isRate(dropoutAux)) {
    throw new GoogLeNetError(
      'INVALID_WEIGHTS',
      `The metadata of ${path} does not fit its tensors. Save the file again.`,
    );
  }
  const extras = { classes, dropout, dropoutAux };
  return Object.fromEntries(Object.entries(extras).filter(([, extra]) => extra !== undefined));
}
