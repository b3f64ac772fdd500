/** The other networks, each of which has a twin in Python or torchvision's own class. */
import type { ModelOptions } from './options.js';

export const NETWORKS: [name: string, options: ModelOptions][] = [
  ['torchvision', { network: 'torchvision', numClasses: 1000, auxLogits: true, initWeights: true }],
  [
    'torchvision without aux, transformed input',
    { network: 'torchvision', numClasses: 10, auxLogits: false, transformInput: true, initWeights: false },
  ],
  ['paper', { network: 'paper', numClasses: 10, auxLogits: true, initWeights: true }],
  ['paper without aux', { network: 'paper', numClasses: 1000, auxLogits: false }],
  ['plain', { network: 'plain', numClasses: 10, auxLogits: true, initWeights: true }],
  ['plain without aux', { network: 'plain', numClasses: 1000, auxLogits: false }],
  ['Xception', { network: 'xception', numClasses: 1000 }],
  ['Xception, ReLU between', { network: 'xception', numClasses: 10, reluBetween: true, initWeights: true }],
  ['extreme Inception', { network: 'xception', numClasses: 10, order: 'pointwise-first' }],
  [
    'extreme Inception, ReLU between',
    { network: 'xception', numClasses: 10, order: 'pointwise-first', reluBetween: true },
  ],
];
