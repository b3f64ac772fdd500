import { GoogLeNet } from '../models/googlenet.js';
import type { VariantName } from '../models/variants/index.js';
import { Xception } from '../models/xception.js';

/** Sides of the images that the networks are described for in their papers. */
export const SIDES = { googlenet: 224, xception: 299 } as const;

/** A network as it is built when nothing else is asked for. */
export function networkNamed(name: string, { auxLogits = true } = {}): GoogLeNet | Xception {
  return name === 'xception' ? new Xception() : new GoogLeNet({ variant: name as VariantName, auxLogits });
}
