import { type InputSizes, XCEPTION_SIZES } from '../inference/input-size.js';
import type { GoogLeNet } from './googlenet.js';
import { VARIANTS, type VariantName, variantNamed } from './variants/index.js';
import type { Xception } from './xception.js';

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
    const { Xception } = await import('./xception.js');
    return new Xception();
  }
  const { GoogLeNet } = await import('./googlenet.js');
  return new GoogLeNet({ variant: name, auxLogits });
}

/** Heights and widths of images that an architecture takes. */
export const inputSizesOf = (name: ArchitectureName): InputSizes =>
  variantNamed(name)?.inputSizes ?? XCEPTION_SIZES;
