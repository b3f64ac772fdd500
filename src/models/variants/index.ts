import { PAPER } from './paper.js';
import { PLAIN } from './plain.js';
import { REFERENCE } from './reference.js';
import { TORCHVISION } from './torchvision.js';
import type { Variant } from './variant.js';

export type { Variant };

/** All forms of GoogLeNet, the default first. `native/models/variants.cpp` has the same names. */
export const VARIANTS: readonly Variant[] = [REFERENCE, TORCHVISION, PAPER, PLAIN];

export type VariantName = 'reference' | 'torchvision' | 'paper' | 'plain';
