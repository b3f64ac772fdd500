import { renderAsync } from '@resvg/resvg-js';
import { FONT_FAMILY } from './font.js';

/** From npm, so that text looks the same on machines without fonts. */
const FONT_FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) =>
  require.resolve(`dejavu-fonts-ttf/ttf/${file}`),
);

/** Renders an SVG document as a PNG file at twice its size, which stays sharp on dense screens. */
export async function toPng(svg: string): Promise<Uint8Array> {
  const image = await renderAsync(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    font: { loadSystemFonts: false, fontFiles: FONT_FILES, defaultFontFamily: FONT_FAMILY },
  });
  return image.asPng();
}
