/** What the addon computes of one batch. */

import type { Images } from '../core/tensor.js';
import type { BatchEvaluation, BatchResult } from '../inference/metrics.js';
import type { ImageClassifier } from '../models/image-classifier.js';
import type { NativeLosses } from '../native/binding-types.js';

export interface StepResult extends BatchResult {
  /** The learning rate of this step. */
  lr: number;
  /** L2 norm of all gradients before they were clipped; `null` without `maxGradNorm`. */
  gradNorm: number | null;
}

export type Labels = Int32Array | BigInt64Array | readonly number[];

/** What a validation needs of a trainer. */
export interface BatchEvaluator {
  readonly model: ImageClassifier;
  evaluate(images: Images, labels: Labels, options: { ema: boolean }): Promise<BatchEvaluation>;
}

/** @internal */
export function toBatchResult(losses: NativeLosses, hasAux: boolean): BatchResult {
  const { loss, mainLoss, correct, correctTop5, aux1Loss, aux2Loss, aux1Correct, aux2Correct } = losses;
  const aux = hasAux
    ? { aux1Loss, aux2Loss, aux1Correct, aux2Correct }
    : { aux1Loss: null, aux2Loss: null, aux1Correct: null, aux2Correct: null };
  return { loss, mainLoss, correct, correctTop5, ...aux };
}
