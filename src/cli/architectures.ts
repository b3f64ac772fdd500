import type { GoogLeNet } from '../models/googlenet.js';
import { VARIANTS, type VariantName } from '../models/variants/index.js';
import type { Xception } from '../models/xception.js';

/** A variant of GoogLeNet by its name, or Xception. */
export type ArchitectureName = VariantName | 'xception';

/** The default first. */
export const ARCHITECTURES: readonly ArchitectureName[] = [...VARIANTS.map(({ name }) => name), 'xception'];

/** Height and width of the images in the papers. */
export const PAPER_SIZES = { googlenet: 224, xception: 299 } as const;

/** An untrained model with 1000 classes and all other options at their defaults. */
export async function newModel(
  name: ArchitectureName,
  { auxLogits = true } = {},
): Promise<GoogLeNet | Xception> {
  if (name === 'xception') {
    const { Xception } = await import('../models/xception.js');
    return new Xception();
  }
  const { GoogLeNet } = await import('../models/googlenet.js');
  return new GoogLeNet({ variant: name, auxLogits });
}
