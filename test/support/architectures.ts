/** Every architecture, with few classes. */
import { GoogLeNet, type ImageClassifier, type Images, type VariantName, Xception } from '../../src/index';

interface Options {
  numClasses?: number;
  dropout?: number;
}

const googlenet =
  (variant: VariantName) =>
  ({ numClasses = 10, ...more }: Options = {}) =>
    new GoogLeNet({ variant, numClasses, initWeights: true, seed: 3, ...more });

const extreme = { order: 'pointwise-first', reluBetween: true, initWeights: true } as const;

export const ARCHITECTURES: readonly [name: string, build: (options?: Options) => ImageClassifier][] = [
  ['reference', googlenet('reference')],
  ['torchvision', googlenet('torchvision')],
  ['paper', googlenet('paper')],
  ['plain', googlenet('plain')],
  ['Xception', ({ numClasses = 10, ...more } = {}) => new Xception({ numClasses, seed: 3, ...more })],
  [
    'extreme Inception',
    ({ numClasses = 10, ...more } = {}) => new Xception({ numClasses, seed: 3, ...extreme, ...more }),
  ],
];

/** Bytes that are the same in every run. */
export const noise = (n: number, side = 224): Images => {
  const data = new Uint8Array(n * side * side * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 7919) % 251;
  return { data, shape: [n, side, side, 3] };
};
