import type { DecodeOptions } from './decode-options.js';

/** RGB bytes, row by row: `data` has `height · width · 3` of them. */
export interface RawImage {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Labelled images at positions 0 … `length` - 1. */
export interface Dataset {
  readonly length: number;
  /** Class names; a label is a position in this list. */
  readonly classes: readonly string[];
  label(index: number): number;
  /** Called ahead of time and for several positions at once. */
  image(index: number): Promise<RawImage>;
  /**
   * The same image as its file has it (JPEG, PNG …), for datasets that have files: decoding and augmentation are then one pass.
   * Must not change until its batch has come.
   */
  encoded?(index: number): Promise<Uint8Array>;
  /** The folder of the images, for what a run records of itself. */
  readonly dir?: string;
  /** How those files are decoded, where it is not by the defaults. */
  readonly decoding?: DecodeOptions;
  /** What messages call the image: its path, where it has one. */
  name?(index: number): string;
}
