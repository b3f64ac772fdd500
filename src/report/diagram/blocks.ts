/** The parts of a diagram: rows of boxes and of cards with branches, and auxiliary heads below them. */
import type { ColorName } from '../palette.js';

export type Kind = 'convolution' | 'pool' | 'norm' | 'linear' | 'data';

export const COLORS: Readonly<Record<Kind, ColorName>> = {
  convolution: 'blue',
  pool: 'vermilion',
  norm: 'amber',
  linear: 'green',
  data: 'black',
};

/** One operation. */
export interface Box {
  readonly kind: Kind;
  /** `7×7/2` */
  readonly title: string;
  /** `64` */
  readonly detail: string;
}

/** Branches over one input, whose outputs are concatenated or added. */
export interface Card {
  readonly title: string;
  readonly branches: readonly (readonly Box[])[];
  /** `256 × 28 × 28` */
  readonly output: string;
  /** How the outputs of the branches become one. */
  readonly joint: 'concat' | 'add';
}

export type Block = Box | Card;

export const isCard = (block: Block): block is Card => 'branches' in block;

/** An auxiliary head, below the block whose output it takes. */
export interface Head {
  readonly title: string;
  /** Position of that block in the row. */
  readonly below: number;
  readonly boxes: readonly Box[];
}

export interface Row {
  readonly title: string;
  readonly blocks: readonly Block[];
  readonly heads: readonly Head[];
}

export interface Diagram {
  readonly title: string;
  readonly subtitle: string;
  readonly rows: readonly Row[];
}
