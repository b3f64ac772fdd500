/** A model from a file of weights: what every model's `load` does. */

import type { Device } from '../core/device.js';
import { GoogLeNetError, throwIfAborted } from '../core/errors.js';
import { boolean, signal as readSignal } from '../core/validation.js';
import type { WeightsFile } from '../formats/weights-file.js';
import type { MaxQueue } from '../native/call-queue.js';
import { prepareDevice } from '../native/runtime.js';
import { loadFile } from '../weights/load.js';
import type { ModelDescription } from './description.js';
import { type ImageClassifier, nativeOf } from './image-classifier.js';
import { isAuxiliary, modelIn } from './stored-architecture.js';

/** Options of loading that every model has. */
export const LOAD_OPTIONS = [
  'device',
  'seed',
  'dropout',
  'channelsLast',
  'strict',
  'numClasses',
  'classes',
  'resetClassifier',
  'initWeights',
  'maxQueue',
  'signal',
] as const;

/** The same, as callers give them. */
export interface LoadAnyOptions {
  device?: Device;
  seed?: number | bigint;
  dropout?: number;
  channelsLast?: boolean;
  /** Fail where names differ. Default true. */
  strict?: boolean;
  /** If it differs from the file's, the classifiers are re-initialized and everything else comes from the file, for fine-tuning. */
  numClasses?: number;
  /** Names of the classes, instead of those in the file. */
  classes?: readonly string[];
  /** Re-initialize the classifiers also where the file has as many classes. Default false. */
  resetClassifier?: boolean;
  /** How re-initialized classifiers are drawn; as in the constructor. */
  initWeights?: boolean;
  /** What may wait for the model; beyond it calls fail with `OVERLOADED`. */
  maxQueue?: MaxQueue;
  /** Ends with the error `ABORTED`; looked at first, between all stages and while the file is read. */
  signal?: AbortSignal;
}

type Described<A> = Extract<ModelDescription, { architecture: A }>;

/**
 * A model from an open file, which stays open, in evaluation mode. If its classes differ from the file's, its classifiers are re-initialized.
 * @param options what differs from the file.
 * @param make builds the model; with `isComplete` all of its weights come from the file.
 */
export async function loadAs<A extends ModelDescription['architecture'], Model extends ImageClassifier>(
  file: WeightsFile,
  architecture: A,
  options: LoadAnyOptions,
  make: (options: Omit<Described<A>, 'architecture'>, isComplete: boolean) => Model,
): Promise<Model> {
  const { strict = true, resetClassifier = false, signal: abort, ...own } = withoutUndefined(options);
  boolean('strict', strict);
  boolean('resetClassifier', resetClassifier);
  const signal = readSignal('signal', abort);
  const { path } = file;
  await file.verify();
  const { tensors, foreign, description } = modelIn(file);
  if (description.architecture !== architecture) {
    const message = `${path} holds another architecture, '${description.architecture}'. Load it with its own class.`;
    throw new GoogLeNetError('WEIGHTS_MISMATCH', message);
  }
  const { architecture: _, classes, ...rest } = description as Described<A>;
  const numClasses = own.numClasses ?? own.classes?.length ?? rest.numClasses;
  const replaces = resetClassifier || numClasses !== rest.numClasses;
  const named = replaces || classes === undefined ? {} : { classes };
  const fitting = { ...rest, ...named, ...own, numClasses } as Omit<Described<A>, 'architecture'>;
  await prepareDevice(own.device ?? 'cpu');
  throwIfAborted(signal, `Loading ${path}`);
  const model = make(fitting, strict && !replaces);
  try {
    const isReplaced = (name: string) => replaces && model.heads.some((head) => name.startsWith(`${head}.`));
    const isUnused = (name: string) => (!model.auxLogits && isAuxiliary(name)) || isReplaced(name);
    const used = tensors.filter(({ name }) => !isUnused(name));
    // As in PyTorch: weights from before 0.4.1 lack the counters of BatchNorm.
    const mayLack = (name: string) => isReplaced(name) || name.endsWith('.num_batches_tracked');
    const others = foreign.filter(({ name }) => !isUnused(name));
    await loadFile(nativeOf(model), path, used, { strict, mayLack, foreign: others });
    await file.assertUnchanged();
    model.eval();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

const withoutUndefined = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
