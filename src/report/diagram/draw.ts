/** A diagram as SVG: blocks in rows, arrows between them. */
import { FONT_STACK } from '../../core/figures/font.js';
import { escapeText } from '../html.js';
import { color } from '../palette.js';
import { type Box, type Card, COLORS, type Diagram, type Head, isCard, type Row } from './blocks.js';
import {
  blocksHeight,
  CARD,
  HEAD_DROP,
  HEADER,
  headsHeight,
  MARGIN,
  type Placed,
  place,
  ROW_GAP,
  ROW_TITLE,
  rowWidth,
  SMALL,
} from './layout.js';
import { arrow, BOLD, CENTERED, rectangle, text } from './shapes.js';

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
