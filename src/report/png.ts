import { renderAsync } from '@resvg/resvg-js';
import { FONT_FAMILY } from './chart.js';

/** From npm, so that the text looks the same on machines without any font. */
const FONT_FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) =>
  require.resolve(`dejavu-fonts-ttf/ttf/${file}`),
);

/** An SVG document → a PNG file with twice its pixels along each edge, which stays sharp on dense screens. */
export async function toPng(svg: string): Promise<Uint8Array> {
  const image = await renderAsync(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    font: { loadSystemFonts: false, fontFiles: FONT_FILES, defaultFontFamily: FONT_FAMILY },
  });
  return image.asPng();
}
