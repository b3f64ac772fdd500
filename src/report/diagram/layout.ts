/** Sizes and positions of the parts of a diagram, in pixels. */
import { type Block, type Box, type Card, isCard, type Row } from './blocks.js';

export const MARGIN = 40;
export const HEADER = 92;
const GAP = 26;
const BOX = { width: 86, height: 56 };
/** A box inside a card or a head. */
export const SMALL = { width: 84, height: 30, gap: 8 };
export const CARD = { padding: 12, title: 30, footer: 26, lane: 38, joint: 16 };
export const ROW_TITLE = 26;
export const ROW_GAP = 34;
export const HEAD_DROP = 34;

export interface Placed {
  block: Block;
  x: number;
  y: number;
  width: number;
  height: number;
}

const laneWidth = (boxes: number): number => boxes * (SMALL.width + SMALL.gap) - SMALL.gap;
const cardWidth = ({ branches }: Card): number =>
  2 * CARD.padding + laneWidth(Math.max(1, ...branches.map(({ length }) => length))) + CARD.joint + SMALL.gap;
const cardHeight = ({ branches }: Card): number => CARD.title + branches.length * CARD.lane + CARD.footer;
/** Seven pixels a character, eight a bold one. */
const boxWidth = ({ title, detail }: Box): number =>
  Math.max(BOX.width, detail.length * 7 + 20, title.length * 8 + 18);
const widthOf = (block: Block): number => (isCard(block) ? cardWidth(block) : boxWidth(block));
const heightOf = (block: Block): number => (isCard(block) ? cardHeight(block) : BOX.height);

export const rowWidth = ({ blocks }: Row): number =>
  blocks.reduce((sum, block) => sum + widthOf(block) + GAP, -GAP);
export const blocksHeight = ({ blocks }: Row): number => Math.max(...blocks.map(heightOf));
export const headsHeight = ({ heads }: Row): number => (heads.length > 0 ? HEAD_DROP + 24 + SMALL.height : 0);

export function place(row: Row, top: number): Placed[] {
  const tallest = blocksHeight(row);
  let x = MARGIN;
  return row.blocks.map((block) => {
    const [width, height] = [widthOf(block), heightOf(block)];
    const placed = { block, x, y: top + (tallest - height) / 2, width, height };
    x += width + GAP;
    return placed;
  });
}
