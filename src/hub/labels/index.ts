import { IMAGENET_1K } from './imagenet-1k.js';

/** Names of classes, by the set of weights or images that they belong to. */
export const labels = {
  /** The 1000 classes of ImageNet's challenge. */
  imagenet1k: IMAGENET_1K,
} as const;
