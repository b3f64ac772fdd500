/** The other architectures, each of which has a twin in Python or torchvision's own class. */
import type { ModelOptions } from './options.js';

export const ARCHITECTURES: [name: string, options: ModelOptions][] = [
  ['torchvision', { architecture: 'torchvision', numClasses: 1000, auxLogits: true, initWeights: true }],
  [
    'torchvision without aux, transformed input',
    {
      architecture: 'torchvision',
      numClasses: 10,
      auxLogits: false,
      transformInput: true,
      initWeights: false,
    },
  ],
  ['paper', { architecture: 'paper', numClasses: 10, auxLogits: true, initWeights: true }],
  ['paper without aux', { architecture: 'paper', numClasses: 1000, auxLogits: false }],
  ['plain', { architecture: 'plain', numClasses: 10, auxLogits: true, initWeights: true }],
  ['plain without aux', { architecture: 'plain', numClasses: 1000, auxLogits: false }],
  ['Xception', { architecture: 'xception', numClasses: 1000 }],
  [
    'Xception, ReLU between',
    { architecture: 'xception', numClasses: 10, reluBetween: true, initWeights: true },
  ],
  ['extreme Inception', { architecture: 'xception', numClasses: 10, order: 'pointwise-first' }],
  [
    'extreme Inception, ReLU between',
    { architecture: 'xception', numClasses: 10, order: 'pointwise-first', reluBetween: true },
  ],
];
