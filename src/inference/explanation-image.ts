/** Grad-CAM as a figure: the image, the same with a heat map, the color scale and a caption. */
import { printableLine } from '../core/printable.js';
import { loadSharp } from '../data/sharp.js';

export interface ExplanationImage {
  /** Square RGB, as the model sees it. */
  image: { pixels: Uint8Array; size: number };
  /** Zero or more, row by row; of any range. */
  heat: { values: Float32Array; height: number; width: number };
  title: string;
  probability: number;
  targetLayer: string;
}

/** The color map inferno: from nothing to the most, told apart in gray too. */
const STOPS = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

/** Of the heat map at its maximum. */
const OPACITY = 0.75;

/** Units of the layout; the PNG has two pixels for each, for dense screens. */
const SCALE = 2;
const TILE = 224;
const MARGIN = 16;
const GAP = 12;
const HEADER = 56;
const BAR = 12;
const TICKS = 34;
const WIDTH = MARGIN + TILE + GAP + TILE + GAP + BAR + TICKS + MARGIN;
const HEIGHT = HEADER + TILE + 30;
const LEFT = { image: MARGIN, overlay: MARGIN + TILE + GAP, bar: MARGIN + 2 * (TILE + GAP) };

/** The color scale is drawn over gray as the heat map is drawn over the image. */
const GRAY = 128;
const TITLE_LENGTH = 44;

/** @returns a PNG. */
export async function explanationImage(explanation: ExplanationImage): Promise<Uint8Array> {
  const { image, heat } = explanation;
  const sharp = loadSharp();
  // Loaded when the first explanation is drawn: its module takes longer to load than everything else here.
  const { toPng } = await import('../core/figures/png.js');
  const side = TILE * SCALE;
  const pixels = await sharp(image.pixels, { raw: { width: image.size, height: image.size, channels: 3 } })
    .resize(side, side, { kernel: 'cubic' })
    .raw()
    .toBuffer();
  const overlay = withHeat(pixels, await enlarged(heat, side));
  const tile = (input: Uint8Array, left: number, width = side) => ({
    input: Buffer.from(input),
    raw: { width, height: side, channels: 3 as const },
    left: left * SCALE,
    top: HEADER * SCALE,
  });
  return sharp(Buffer.from(await toPng(page(explanation))))
    .composite([
      tile(pixels, LEFT.image),
      tile(overlay, LEFT.overlay),
      tile(colorScale(side), LEFT.bar, BAR * SCALE),
    ])
    .removeAlpha()
    .png()
    .toBuffer();
}

/** The heat map at the size of the image, in [0, 255] of its maximum. */
function enlarged({ values, height, width }: ExplanationImage['heat'], side: number): Promise<Uint8Array> {
  const max = values.reduce((a, b) => Math.max(a, b), 0);
  const gray = Uint8Array.from(values, (value) => (max > 0 ? Math.round((255 * value) / max) : 0));
  return loadSharp()(gray, { raw: { width, height, channels: 1 } })
    .resize(side, side, { kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
}

function colorAt(heat: number): [number, number, number] {
  const position = (heat / 255) * (STOPS.length - 1);
  const i = Math.min(Math.floor(position), STOPS.length - 2);
  const [from, to] = [STOPS[i] ?? STOPS[0], STOPS[i + 1] ?? STOPS[0]];
  const between = (channel: 0 | 1 | 2) => from[channel] + (to[channel] - from[channel]) * (position - i);
  return [between(0), between(1), between(2)];
}

/** Lays a heat map over RGB pixels; the hotter, the more opaque. */
function withHeat(pixels: Uint8Array, heat: Uint8Array): Uint8Array {
  const overlay = new Uint8Array(pixels.length);
  for (const [i, value] of heat.entries()) {
    const color = colorAt(value);
    const opacity = (OPACITY * value) / 255;
    for (const channel of [0, 1, 2] as const) {
      const at = 3 * i + channel;
      overlay[at] = Math.round((pixels[at] ?? 0) * (1 - opacity) + color[channel] * opacity);
    }
  }
  return overlay;
}

/** From the maximum at the top to zero. */
function colorScale(height: number): Uint8Array {
  const width = BAR * SCALE;
  const heat = Uint8Array.from({ length: width * height }, (_, i) =>
    Math.round(255 * (1 - Math.floor(i / width) / (height - 1))),
  );
  return withHeat(new Uint8Array(3 * width * height).fill(GRAY), heat);
}

/** XML has no control characters, not even escaped. */
const escaped = (text: string): string =>
  printableLine(text).replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}

/** The caption, and labels around the tiles. */
function page({ title, probability, targetLayer }: ExplanationImage): string {
  const percent = `${(100 * probability).toFixed(1)} %`;
  const text = (x: number, y: number, content: string, style = '') =>
    `<text x="${x}" y="${y}" ${style}>${content}</text>`;
  const below = HEADER + TILE + 18;
  const ticks = [1, 0.75, 0.5, 0.25, 0].map((value) => {
    const y = HEADER + (1 - value) * TILE;
    const x = LEFT.bar + BAR;
    const label = value === 1 ? 'max' : value === 0 ? '0' : `${100 * value} %`;
    // The outermost labels stay within the bar.
    const baseline = y + (value === 1 ? 8 : value === 0 ? 0 : 4);
    return `<path d="M${x} ${y}h3" stroke="#656d76"/>${text(x + 6, baseline, label, 'font-size="10"')}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="DejaVu Sans" font-size="11" fill="#656d76">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${MARGIN}" y="27" font-size="16" fill="#1f2328"><tspan font-weight="bold">${escaped(shortened(title, TITLE_LENGTH))}</tspan><tspan dx="10">${percent}</tspan></text>
${text(MARGIN, 45, `Grad-CAM at ${escaped(shortened(targetLayer, 2 * TITLE_LENGTH))}`)}
${text(LEFT.image, below, 'what the model sees')}
${text(LEFT.overlay, below, 'what speaks for the class')}
${ticks.join('\n')}
</svg>`;
}
