/** Colors of charts and pages, on light and on dark backgrounds. Texts have a contrast of at least 4.5:1, lines of 3:1 (WCAG AA). */
export const PALETTE = {
  paper: { light: '#ffffff', dark: '#16181c' },
  panel: { light: '#f6f7f8', dark: '#1e2126' },
  title: { light: '#111111', dark: '#f4f4f4' },
  ink: { light: '#333333', dark: '#d6d6d6' },
  muted: { light: '#666666', dark: '#a3a3a3' },
  axis: { light: '#888888', dark: '#7d7d7d' },
  grid: { light: '#e3e3e3', dark: '#353a41' },
  // Readers with any color vision tell them apart, and their lightness does so in gray: the set of Okabe and Ito.
  blue: { light: '#0072b2', dark: '#4ea9e2' },
  vermilion: { light: '#d55e00', dark: '#ff8f45' },
  green: { light: '#009e73', dark: '#2fc79a' },
  purple: { light: '#ad4a80', dark: '#e59cc5' },
  amber: { light: '#b97f00', dark: '#f0b940' },
  sky: { light: '#3b97d3', dark: '#96d3f5' },
  /** Of text: vermilion is too light for it on white. */
  incorrect: { light: '#b34700', dark: '#ff9a52' },
  black: { light: '#000001', dark: '#fffffe' },
} as const;

export type ColorName = keyof typeof PALETTE;

/** The color in files, which have a white background. */
export const color = (name: ColorName): string => PALETTE[name].light;

/** The color on pages: it follows the reader's color scheme. */
export const colorVariable = (name: ColorName): string => `var(--${name})`;

/** Declarations of all colors for a style sheet. */
export const colorDeclarations = (scheme: 'light' | 'dark'): string =>
  Object.entries(PALETTE)
    .map(([name, colors]) => `--${name}:${colors[scheme]};`)
    .join('');

/** Replaces the colors of files by those of pages. Changes attributes only: text cannot hold a bare quotation mark. */
export function withVariables(svg: string): string {
  return Object.entries(PALETTE).reduce(
    (text, [name, { light }]) =>
      text.replace(new RegExp(`(fill|stroke)="${light}"`, 'g'), `$1="var(--${name})"`),
    svg,
  );
}
