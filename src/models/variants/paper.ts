import { POOLED_BY_SEVEN } from '../../inference/input-size.js';
import type { Variant } from './variant.js';

/** The paper's: local response normalization in the stem, as in the authors' Caffe model, and no BatchNorm. */
export const PAPER = {
  name: 'paper',
  title: 'GoogLeNet of the paper',
  sign: 'stem.conv1.weight',
  dropout: 0.4,
  dropoutAux: 0.7,
  init: 'xavier',
  inputSizes: POOLED_BY_SEVEN,
  heads: ['fc', 'aux1.7', 'aux2.7'],
  auxInEvaluation: true,
  targetLayer: 'inception_5b',
  transformsInput: false,
} as const satisfies Variant;
