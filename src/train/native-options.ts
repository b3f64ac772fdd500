/** A trainer's settings → options of the addon's `Trainer`, and the tensors that it has besides the model's. */
import { GoogLeNetError } from '../core/errors.js';
import type { TensorInfo } from '../core/tensor.js';
import { type ImageClassifier, nativeOf } from '../models/image-classifier.js';
import type { NativeClassifier, NativeTrainer } from '../native/binding-types.js';
import type { StoredGroup } from '../weights/save.js';
import type { TrainerConfig } from './config.js';
import { isParameter, matching } from './parameter-names.js';

const parameterNames = (native: NativeClassifier): string[] =>
  native
    .tensors()
    .map(({ name }) => name)
    .filter(isParameter);

/** @throws GoogLeNetError `INVALID_ARGUMENT` where `classWeights` or `freeze` do not fit the model, `DISPOSED` */
export function nativeOptions(model: ImageClassifier, config: TrainerConfig) {
  const native = nativeOf(model);
  const { optimizer, auxWeight, labelSmoothing, classWeights: weights, precision, freeze } = config;
  const { maxGradNorm, emaDecay } = config;
  const { lr: _, headLr: __, ...sgd } = optimizer;
  if (weights !== null && weights.length !== model.numClasses) {
    const message = `Expected ${model.numClasses} classWeights, one for each class, but received ${weights.length}.`;
    throw new GoogLeNetError('INVALID_ARGUMENT', message);
  }
  const classWeights = weights && Float32Array.from(weights);
  const names = parameterNames(native);
  const frozen = matching('freeze', freeze, names);
  if (frozen.length === names.length) {
    throw new GoogLeNetError('INVALID_ARGUMENT', 'freeze leaves no parameter to train.');
  }
  const head = matching('heads', model.heads, names);
  return {
    ...{ model: native, ...sgd, auxWeight, labelSmoothing, classWeights, precision, frozen, head },
    ...{ maxGradNorm, emaDecay },
  };
}

/** The tensors that validation scores: EMA weights of the parameters where there are any; buffers have no EMA. */
export function scoredWeights(
  model: ImageClassifier,
  native: NativeTrainer,
  { emaDecay }: TrainerConfig,
): StoredGroup[] {
  const classifier = nativeOf(model);
  const all: TensorInfo[] = classifier.tensors();
  const copy = classifier.snapshot.bind(classifier);
  if (emaDecay === null) return [{ prefix: '', tensors: all, copy }];
  const ema = native.tensors();
  const names = new Set(ema.map(({ name }) => name));
  return [
    { prefix: '', tensors: ema, copy: native.snapshotEma.bind(native) },
    { prefix: '', tensors: all.filter(({ name }) => !names.has(name)), copy },
  ];
}
