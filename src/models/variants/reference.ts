import { POOLED_BY_SEVEN } from '../../inference/input-size.js';
import type { Variant } from './variant.js';

/** BatchNorm in the stem, biased convolutions, true 5×5 branches: the PyTorch class that this package is held against. */
export const REFERENCE = {
  name: 'reference',
  title: 'GoogLeNet',
  sign: 'partA.0.weight',
  dropout: 0.4,
  dropoutAux: 0.7,
  init: 'xavier',
  inputSizes: POOLED_BY_SEVEN,
  heads: ['fc', 'auxilliary_output_1.7', 'auxilliary_output_2.7'],
  auxInEvaluation: true,
  targetLayer: 'inception_5b',
  transformsInput: false,
} as const satisfies Variant;
