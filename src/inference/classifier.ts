/** What inference asks of a classifier. Models and engines are ones, so evaluation, Grad-CAM and `classify` know neither. */
import { GoogLeNetError } from '../core/errors.js';
import type { Images, Tensor } from '../core/tensor.js';
import { invalid } from '../core/validation.js';
import type { InputSizes } from './input-size.js';

/**
 * Logits of the three heads, `[n, numClasses]` each; `null` for heads that a model does not have, and for those of the variant `plain`
 * in evaluation mode. Exact where the type of the model says which: `Logits<true>`, `Logits<false>`.
 */
export type Logits<Aux extends boolean = boolean> = Aux extends true
  ? [main: Tensor, aux1: Tensor, aux2: Tensor]
  : [main: Tensor, aux1: null, aux2: null];

/** The key of the method that computes logits in evaluation mode. @internal */
export const INFER: unique symbol = Symbol('infer');

/** A model or an engine: images in, logits of classes out. */
export interface Classifier {
  readonly numClasses: number;
  /** Names of the classes, where they are known. */
  readonly classes: readonly string[] | undefined;
  /** Heights and widths of images that it takes. */
  readonly inputSizes: InputSizes;
  readonly disposed: boolean;
  /**
   * Logits in evaluation mode, whatever the mode of a model is, and without changing it.
   * @throws GoogLeNetError as `forward`
   * @internal
   */
  [INFER](images: Images, signal: AbortSignal | undefined): Promise<Logits>;
}

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `DISPOSED` */
export function assertClassifier(name: string, value: Classifier): void {
  if (typeof (Object(value) as Partial<Classifier>)[INFER] !== 'function')
    throw invalid(name, 'a GoogLeNet, an Xception or an Engine', value);
  if (value.disposed) {
    const { name: type } = value.constructor;
    throw new GoogLeNetError('DISPOSED', `This ${type} was disposed. Create or load a new one.`);
  }
}
