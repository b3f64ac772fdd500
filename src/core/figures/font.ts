/** The font of charts and diagrams; `png.ts` loads it from npm, so that text looks the same everywhere. */
export const FONT_FAMILY = 'DejaVu Sans';

/** What a viewer without that font may use. */
export const FONT_STACK = `${FONT_FAMILY}, Verdana, sans-serif`;
