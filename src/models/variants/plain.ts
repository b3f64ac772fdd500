import { POOLED_BY_SEVEN } from '../../inference/input-size.js';
import type { Variant } from './variant.js';

/** No normalization at all; the auxiliary heads have logits in training mode only. */
export const PLAIN = {
  name: 'plain',
  title: 'GoogLeNet without normalization',
  sign: 'trunk.conv1.weight',
  dropout: 0.4,
  dropoutAux: 0.7,
  init: 'xavier',
  inputSizes: POOLED_BY_SEVEN,
  heads: ['fc', 'aux1.head.7', 'aux2.head.7'],
  auxInEvaluation: false,
  targetLayer: 'inception_5b',
  transformsInput: false,
} as const satisfies Variant;
