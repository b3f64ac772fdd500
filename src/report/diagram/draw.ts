/** A diagram as SVG: blocks in rows, arrows between them. Sizes are in pixels. */
import { FONT_STACK } from '../font.js';
import { escapeText } from '../html.js';
import { color } from '../palette.js';
import {
  type Block,
  type Box,
  type Card,
  COLORS,
  type Diagram,
  type Head,
  isCard,
  type Row,
} from './blocks.js';

const MARGIN = 40;
const HEADER = 92;
const GAP = 26;
const BOX = { width: 86, height: 56 };
/** A box inside a card or a head. */
const SMALL = { width: 84, height: 30, gap: 8 };
const CARD = { padding: 12, title: 30, footer: 26, lane: 38, joint: 16 };
const ROW_TITLE = 26;
const ROW_GAP = 34;
const HEAD_DROP = 34;

interface Placed {
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

const rowWidth = ({ blocks }: Row): number => blocks.reduce((sum, block) => sum + widthOf(block) + GAP, -GAP);
const blocksHeight = ({ blocks }: Row): number => Math.max(...blocks.map(heightOf));
const headsHeight = ({ heads }: Row): number => (heads.length > 0 ? HEAD_DROP + 24 + SMALL.height : 0);

function text(x: number, y: number, content: string, size: number, more = ''): string {
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${color('ink')}" ${more}>${escapeText(content)}</text>`;
}

const CENTERED = 'text-anchor="middle"';
const BOLD = 'font-weight="bold"';

const arrow = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color('axis')}" stroke-width="1.6" marker-end="url(#arrow)"/>`;

function rectangle(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  stroke: string,
): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="${stroke}" stroke-width="1.4"/>`;
}

function drawBox({ block, x, y, width, height }: Placed & { block: Box }): string {
  const { kind, title, detail } = block;
  const ink = color(COLORS[kind]);
  const middle = x + width / 2;
  const lines = detail === '' ? [height / 2 + 4] : [height / 2 - 4, height / 2 + 14];
  return [
    rectangle(x, y, width, height, color('paper'), ink),
    `<rect x="${x}" y="${y}" width="6" height="${height}" rx="3" fill="${ink}"/>`,
    text(middle + 3, y + (lines[0] ?? 0), title, 12, `${CENTERED} ${BOLD}`),
    detail === '' ? '' : text(middle + 3, y + (lines[1] ?? 0), detail, 11, CENTERED),
  ].join('');
}

function drawSmall({ kind, title, detail }: Box, x: number, y: number): string {
  const ink = color(COLORS[kind]);
  const label = detail === '' ? title : `${title}  ${detail}`;
  return [
    rectangle(x, y, SMALL.width, SMALL.height, color('paper'), ink),
    `<rect x="${x}" y="${y}" width="5" height="${SMALL.height}" rx="2.5" fill="${ink}"/>`,
    text(x + SMALL.width / 2 + 2, y + 19, label, label.length > 12 ? 9.5 : 11, CENTERED),
  ].join('');
}

function drawCard({ block, x, y, width, height }: Placed & { block: Card }): string {
  const parts = [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" fill="${color('panel')}" stroke="${color('grid')}" stroke-width="1.4"/>`,
    text(x + CARD.padding, y + 21, block.title, 14, BOLD),
  ];
  const joint = x + width - CARD.padding - CARD.joint;
  const top = y + CARD.title;
  for (const [lane, boxes] of block.branches.entries()) {
    const laneY = top + lane * CARD.lane;
    const line = laneY + SMALL.height / 2;
    parts.push(
      `<line x1="${x}" y1="${line}" x2="${joint}" y2="${line}" stroke="${color('axis')}" stroke-width="1.2"/>`,
    );
    for (const [i, box] of boxes.entries()) {
      parts.push(drawSmall(box, x + CARD.padding + i * (SMALL.width + SMALL.gap), laneY));
    }
  }
  const jointHeight = block.branches.length * CARD.lane - SMALL.gap;
  const middle = joint + CARD.joint / 2;
  parts.push(
    `<rect x="${joint}" y="${top}" width="${CARD.joint}" height="${jointHeight}" rx="4" fill="${color('purple')}"/>`,
    `<text transform="translate(${middle + 4} ${top + jointHeight / 2}) rotate(-90)" font-size="11" fill="#ffffff" ${CENTERED}>${block.joint}</text>`,
    text(x + width / 2, y + height - 9, block.output, 11, CENTERED),
  );
  return parts.join('');
}

const drawBlock = (placed: Placed): string =>
  isCard(placed.block)
    ? drawCard({ ...placed, block: placed.block })
    : drawBox({ ...placed, block: placed.block });

function place(row: Row, top: number): Placed[] {
  const tallest = blocksHeight(row);
  let x = MARGIN;
  return row.blocks.map((block) => {
    const [width, height] = [widthOf(block), heightOf(block)];
    const placed = { block, x, y: top + (tallest - height) / 2, width, height };
    x += width + GAP;
    return placed;
  });
}

function drawHead({ title, boxes }: Head, { x, y, height }: Placed): string {
  const start = x + 30;
  const top = y + height + HEAD_DROP + 14;
  const line = top + SMALL.height / 2;
  const path = `M ${x + 14} ${y + height} V ${line} H ${start - 3}`;
  return [
    `<path d="${path}" fill="none" stroke="${color('axis')}" stroke-width="1.6" marker-end="url(#arrow)"/>`,
    text(start, top - 8, title, 12, BOLD),
    ...boxes.map((box, i) => drawSmall(box, start + i * (SMALL.width + SMALL.gap), top)),
  ].join('');
}

function drawRow(row: Row, top: number): { svg: string; placed: Placed[] } {
  const placed = place(row, top + ROW_TITLE);
  const arrows = placed.slice(1).map(({ x, y, height }, i) => {
    const before = placed[i] as Placed;
    return arrow(before.x + before.width, y + height / 2, x - 3, y + height / 2);
  });
  const heads = row.heads.map((head) => drawHead(head, placed[head.below] as Placed));
  const svg = [
    text(MARGIN, top + 12, row.title, 13, `fill-opacity="0.7"`),
    ...arrows,
    ...placed.map(drawBlock),
    ...heads,
  ];
  return { svg: svg.join(''), placed };
}

/** From the end of a row to the start of the next. */
function turn(from: Placed, to: Placed, between: number): string {
  const [startX, startY] = [from.x + from.width, from.y + from.height / 2];
  const endY = to.y + to.height / 2;
  const path = `M ${startX} ${startY} H ${startX + 14} V ${between} H ${MARGIN - 20} V ${endY} H ${to.x - 3}`;
  return `<path d="${path}" fill="none" stroke="${color('axis')}" stroke-width="1.6" stroke-linejoin="round" marker-end="url(#arrow)"/>`;
}

const LEGEND = [
  ['convolution', 'convolution: kernel / stride, output channels'],
  ['pool', 'pooling: kernel / stride'],
  ['norm', 'normalization'],
  ['linear', 'linear'],
] as const;

function legend(diagram: Diagram, x: number, y: number): string {
  const boxes = diagram.rows.flatMap(({ blocks, heads }) => [
    ...blocks.flatMap((block) => (isCard(block) ? block.branches.flat() : [block])),
    ...heads.flatMap((head) => head.boxes),
  ]);
  const used = LEGEND.filter(([kind]) => boxes.some((box) => box.kind === kind));
  let at = x;
  return used
    .map(([kind, label]) => {
      const item = `<rect x="${at}" y="${y - 10}" width="12" height="12" rx="3" fill="${color(COLORS[kind])}"/>${text(at + 18, y, label, 12)}`;
      at += 44 + label.length * 6.8;
      return item;
    })
    .join('');
}

export function drawDiagram(diagram: Diagram): string {
  const { title, subtitle, rows } = diagram;
  let top = HEADER;
  const drawn = rows.map((row) => {
    const { svg, placed } = drawRow(row, top);
    const bottom = top + ROW_TITLE + blocksHeight(row) + headsHeight(row);
    top = bottom + ROW_GAP;
    return { svg, placed, bottom };
  });
  const turns = drawn.slice(1).map(({ placed }, i) => {
    const before = drawn[i];
    const [from, to] = [before?.placed.at(-1), placed[0]];
    return before && from && to ? turn(from, to, before.bottom + ROW_GAP / 2 - 4) : '';
  });
  const width = Math.max(...rows.map(rowWidth)) + 2 * MARGIN;
  const height = top + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${FONT_STACK}" role="img" aria-label="${escapeText(title)}">`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="${color('axis')}"/></marker></defs>`,
    `<rect width="${width}" height="${height}" fill="${color('paper')}"/>`,
    text(MARGIN, 44, title, 24, BOLD),
    text(MARGIN, 68, subtitle, 13, 'fill-opacity="0.75"'),
    ...drawn.map(({ svg }) => svg),
    ...turns,
    legend(diagram, MARGIN, height - 16),
    '</svg>',
  ].join('\n');
}
