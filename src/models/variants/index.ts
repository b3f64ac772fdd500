import { PAPER } from './paper.js';
import { PLAIN } from './plain.js';
import { REFERENCE } from './reference.js';
import { TORCHVISION } from './torchvision.js';
import type { Variant } from './variant.js';

/** All variants of GoogLeNet, the default first. `native/models/variants.h` lists the same names. */
export const VARIANTS = [REFERENCE, TORCHVISION, PAPER, PLAIN] as const;

export type VariantName = (typeof VARIANTS)[number]['name'];

/** Undefined for a name that is none. */
export function variantNamed(name: VariantName): Variant;
export function variantNamed(name: string): Variant | undefined;
export function variantNamed(name: string): Variant | undefined {
  return VARIANTS.find((variant) => variant.name === name);
}
