import { atLeast } from '../../inference/input-size.js';
import type { Variant } from './variant.js';

/** torchvision's: BatchNorm after every convolution, 3×3 in the "5×5" branches; what the published weights are for. */
export const TORCHVISION = {
  name: 'torchvision',
  title: 'torchvision’s GoogLeNet',
  sign: 'conv1.conv.weight',
  dropout: 0.2,
  dropoutAux: 0.7,
  init: 'truncated-normal',
  inputSizes: atLeast(15, 'smaller ones leave nothing for the last pool'),
  heads: ['fc', 'aux1.fc2', 'aux2.fc2'],
  auxInEvaluation: true,
  targetLayer: 'inception5b',
  transformsInput: true,
} as const satisfies Variant;
