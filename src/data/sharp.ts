import type sharp from 'sharp';

/** sharp, loaded by its first use: that takes longer than loading all else of this package. */
export const loadSharp = (): typeof sharp => require('sharp');
