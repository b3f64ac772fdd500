import { GoogLeNetError } from '../core/errors.js';
import { assertShallow } from '../core/json-depth.js';
import type { TensorSpan } from '../core/tensor.js';
import { PLAN_KEY } from '../engine/plan.js';
import { type ForeignTensor, type StoredTensor, unreadable } from '../formats/format.js';
import type { WeightsFile } from '../formats/weights-file.js';
import { type InputSizes, XCEPTION_SIZES } from '../inference/input-size.js';
import type { ModelDescription } from './description.js';
import { VARIANTS, variantNamed } from './variants/index.js';

/** The metadata key under which this package keeps JSON of its own. Files written elsewhere lack it. */
const KEY = 'googlenet';
/** The metrics in the history of a checkpoint are five deep. */
const MAX_DEPTH = 16;

export function toMetadata(content: object): Record<string, string> {
  // 'pt' is what Python's readers look for.
  return { format: 'pt', [KEY]: JSON.stringify(content) };
}

function fromMetadata({ metadata, path }: WeightsFile): Record<string, unknown> {
  const text = metadata[KEY];
  if (text === undefined) return {};
  const damaged = (what: string) =>
    new GoogLeNetError('INVALID_WEIGHTS', `The metadata of ${path} is damaged${what}. Save the file again.`);
  assertShallow(Buffer.from(text), MAX_DEPTH, ': it', damaged);
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null) return content as Record<string, unknown>;
  } catch {
    // Reported below.
  }
  throw damaged('');
}

/** The prefix of the model's tensors in a checkpoint, which holds the optimizer's tensors too. */
export const MODEL_PREFIX = 'model.';

/** What programs in Python put in front of every name: `module.`, `_orig_mod.`, `net.`, …; nothing where that is not clear. */
function prefixOf(tensors: readonly { name: string }[]): string {
  const found = tensors.flatMap(({ name }) => /^(.*\.|)fc\.weight$/.exec(name)?.[1] ?? []);
  return found.includes('') ? '' : (found.length === 1 && found[0]) || '';
}

/** A file's tensors under a prefix, by their names without it. */
export function withoutPrefix<T extends { name: string }>(tensors: readonly T[], prefix: string): T[] {
  return tensors.flatMap((span) =>
    span.name.startsWith(prefix) ? [{ ...span, name: span.name.slice(prefix.length) }] : [],
  );
}

export interface StoredModel {
  /** Of the model alone, under its own names. */
  tensors: readonly StoredTensor[];
  /** Other tensors of the file, which are not read. */
  foreign: readonly ForeignTensor[];
  description: ModelDescription;
  /** The package's own metadata; empty in files written elsewhere. */
  content: Record<string, unknown>;
}

/** A file's metadata is parsed once, however many callers ask what it holds. */
const parsed = new WeakMap<WeightsFile, StoredModel>();

/**
 * The model in a file of weights or a checkpoint. What it is, how many classes it has and whether there are auxiliary heads is read off
 * the tensors, so that a Python state_dict needs no metadata.
 * @throws GoogLeNetError `INVALID_WEIGHTS`, `WEIGHTS_MISMATCH` where the file holds no model of this package.
 */
export function modelIn(file: WeightsFile): StoredModel {
  const known = parsed.get(file);
  if (known) return known;
  const model = parse(file);
  parsed.set(file, model);
  return model;
}

function parse(file: WeightsFile): StoredModel {
  const { path } = file;
  if (file.metadata[PLAN_KEY] !== undefined) {
    const message = `${path} holds the plan of an engine and no model. Load it with Engine.load(), or name the weights that it was made of.`;
    throw new GoogLeNetError('WEIGHTS_MISMATCH', message);
  }
  const content = fromMetadata(file);
  const inCheckpoint = withoutPrefix(file.tensors, MODEL_PREFIX);
  const isCheckpoint = inCheckpoint.length > 0;
  const named = isCheckpoint ? inCheckpoint : file.tensors;
  const others = isCheckpoint ? withoutPrefix(file.foreign, MODEL_PREFIX) : file.foreign;
  const prefix = prefixOf([...named, ...others]);
  const tensors = withoutPrefix(named, prefix);
  const foreign = withoutPrefix(others, prefix);
  const sign = foreign.find(({ name }) => isSign(name));
  if (sign) throw unreadable(path, sign);
  const description = describe(tensors, path);
  const extras = readExtras(content.model, description, path);
  return { tensors, foreign, content, description: { ...description, ...extras } as ModelDescription };
}

function describe(tensors: readonly TensorSpan[], path: string): ModelDescription {
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const classifier = shapes.get('fc.weight');
  if (classifier === undefined) {
    throw noModel(path, `it has no tensor 'fc.weight'`, tensors);
  }
  const [numClasses = 0, features = 0] = classifier;
  if (classifier.length !== 2 || numClasses === 0 || features === 0 || numClasses > MAX_CLASSES) {
    const message = `The tensor 'fc.weight' of ${path} is [${classifier}], but should be [classes, features].`;
    throw new GoogLeNetError('WEIGHTS_MISMATCH', message);
  }
  const variant = VARIANTS.find(({ sign }) => shapes.has(sign));
  if (variant) {
    const auxLogits = tensors.some(({ name }) => isAuxiliary(name));
    return { architecture: 'googlenet', variant: variant.name, numClasses, auxLogits };
  }
  const depthwise = shapes.get(XCEPTION_SIGN);
  if (depthwise) {
    const order = depthwise[0] === DEPTHWISE_FIRST ? 'depthwise-first' : 'pointwise-first';
    return { architecture: 'xception', numClasses, auxLogits: false, order };
  }
  throw noModel(path, 'its tensors are those of no form of GoogLeNet, and not of Xception', tensors);
}

/** Lists the first names of the file, so that a reader recognizes it. */
function noModel(path: string, why: string, tensors: readonly TensorSpan[]): GoogLeNetError {
  const some = tensors.slice(0, 3).map(({ name }) => name.slice(0, 100));
  const message = `${path} holds no model of this package: ${why}. It begins with ${some.join(', ')}.`;
  return new GoogLeNetError('WEIGHTS_MISMATCH', message);
}

/** The most that a model can have. */
export const MAX_CLASSES = 100_000;

/** Whether a tensor is one of an auxiliary head. */
export const isAuxiliary = (name: string): boolean => /^(auxilliary_output_|aux)[12]\./.test(name);

/** Heights and widths of images that a model takes, known before it is built. */
export function inputSizesOf(description: ModelDescription): InputSizes {
  if (description.architecture === 'xception') return XCEPTION_SIZES;
  const variant = variantNamed(description.variant);
  if (variant) return variant.inputSizes;
  throw new TypeError(`There is no variant ${description.variant}.`);
}

/** A tensor of every Xception, and its number of channels where the depthwise convolution comes first. */
const XCEPTION_SIGN = 'entry2.branch.conv1.depthwise.weight';
const DEPTHWISE_FIRST = 128;

/** Whether this tensor tells an architecture or variant. */
const isSign = (name: string): boolean =>
  name === 'fc.weight' || name === XCEPTION_SIGN || VARIANTS.some((variant) => variant.sign === name);

const isRate = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const areNames = (value: unknown, { numClasses }: ModelDescription): boolean =>
  Array.isArray(value) && value.length === numClasses && value.every((name) => typeof name === 'string');

/** What the metadata may add to the tensors. */
const EXTRAS: Readonly<
  Record<ModelDescription['architecture'], Record<string, (value: unknown, of: ModelDescription) => boolean>>
> = {
  googlenet: { classes: areNames, dropout: isRate, dropoutAux: isRate, transformInput: isBoolean },
  xception: { classes: areNames, dropout: isRate, reluBetween: isBoolean },
};

/** It may be missing; if it is there, it must be valid. */
function readExtras(value: unknown, description: ModelDescription, path: string): Partial<ModelDescription> {
  if (value === undefined) return {};
  const extras = Object(value) as Record<string, unknown>;
  const known = Object.entries(EXTRAS[description.architecture]).filter(
    ([name]) => extras[name] !== undefined,
  );
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject || !known.every(([name, isValid]) => isValid(extras[name], description))) {
    throw new GoogLeNetError(
      'INVALID_WEIGHTS',
      `The metadata of ${path} does not fit its tensors. Save the file again.`,
    );
  }
  return Object.fromEntries(known.map(([name]) => [name, extras[name]]));
}
