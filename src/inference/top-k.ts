/** From logits to the most likely classes. */
import { integer, invalid, isFloat32Array } from '../core/validation.js';

export interface Classification {
  /** The class's name, or its index as text in a model without names. */
  label: string;
  index: number;
  /** Softmax over all classes. */
  probability: number;
}

/** Probabilities of one image's logits; all NaN where one of them is. */
export function softmax(logits: Float32Array): Float64Array {
  const max = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/**
 * The `k` classes with the highest logits, best first.
 * @param logits of one image, `[numClasses]`.
 * @throws GoogLeNetError `INVALID_DTYPE`, `INVALID_ARGUMENT`
 */
export function topK(logits: Float32Array, k: number, classes?: readonly string[]): Classification[] {
  if (!isFloat32Array(logits)) throw invalid('logits', 'a Float32Array', logits, 'INVALID_DTYPE');
  integer('k', k, 1);
  const probabilities = softmax(logits);
  const order = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
  return order.slice(0, k).map((index) => ({
    label: classes?.[index] ?? String(index),
    index,
    probability: probabilities[index] ?? 0,
  }));
}
