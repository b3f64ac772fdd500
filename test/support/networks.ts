/** Every network, small in classes. */
import { GoogLeNet, type ImageClassifier, type Images, Xception } from '../../src/index';

export const NETWORKS: readonly [name: string, build: (classes?: number) => ImageClassifier][] = [
  ['reference', (numClasses = 10) => new GoogLeNet({ numClasses, initWeights: true, seed: 3 })],
  [
    'torchvision',
    (numClasses = 10) => new GoogLeNet({ variant: 'torchvision', numClasses, initWeights: true, seed: 3 }),
  ],
  ['paper', (numClasses = 10) => new GoogLeNet({ variant: 'paper', numClasses, initWeights: true, seed: 3 })],
  ['plain', (numClasses = 10) => new GoogLeNet({ variant: 'plain', numClasses, initWeights: true, seed: 3 })],
  ['Xception', (numClasses = 10) => new Xception({ numClasses, seed: 3 })],
  [
    'extreme Inception',
    (numClasses = 10) =>
      new Xception({ numClasses, order: 'pointwise-first', reluBetween: true, initWeights: true, seed: 3 }),
  ],
];

/** Bytes that are the same in every run. */
export const noise = (n: number, side = 224): Images => {
  const data = new Uint8Array(n * side * side * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 7919) % 251;
  return { data, shape: [n, side, side, 3] };
};
