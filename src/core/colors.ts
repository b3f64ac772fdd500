/**
 * Colors of what is printed. A style is written into the text as marks, which {@link Screen} turns into the escape sequences of a
 * terminal, or takes out where colors are off. So a text with colors can be cut, joined and padded like any other, while names from
 * files still cannot steer the terminal: all real escape sequences in a text are made visible.
 */

/** Unicode reserves these for use inside of a program; no font has them and no text of others holds them. */
const FIRST_MARK = 0xfdd0;
const MARKS = /[\ufdd0-\ufdd6]/g;
const MARKS_AND_ENDS = /[\ufdd0-\ufdd6\n]|$/g;

/** Each as its sequence of SGR (ECMA-48, "select graphic rendition"), in the order of the marks. */
const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
const CODES: readonly number[] = Object.values(SGR);
const END = String.fromCharCode(FIRST_MARK + CODES.length);
const RESET = '\x1b[0m';

const style =
  (name: keyof typeof SGR) =>
  (text: string): string =>
    `${String.fromCharCode(FIRST_MARK + CODES.indexOf(SGR[name]))}${text}${END}`;

/** Headings of tables and of help. */
export const bold = style('bold');
export const dim = style('dim');
/** Errors, and what is incorrect. */
export const red = style('red');
export const green = style('green');
export const yellow = style('yellow');
/** What differs from its default. */
export const cyan = style('cyan');

/** A line that warns. */
export const warning = (text: string): string => `${yellow('Warning:')} ${text}`;

/**
 * Whether colors are wanted: `FORCE_COLOR` decides (0 and false: off), then `NO_COLOR` turns them off; else a terminal that is not
 * dumb has them.
 */
export function hasColors(isTTY: boolean, env: NodeJS.ProcessEnv = process.env): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTTY && !NO_COLOR && TERM !== 'dumb';
}

/** Without the marks: what a reader sees. */
export const plain = (text: string): string => text.replace(MARKS, '');

/** Turns the marks into the sequences of a terminal. A style ends at the end of its line at the latest. */
export function withSequences(text: string): string {
  let isStyled = false;
  return text.replace(MARKS_AND_ENDS, (found) => {
    const code = found === '\n' || found === '' ? undefined : CODES[found.charCodeAt(0) - FIRST_MARK];
    const wasStyled = isStyled;
    isStyled = code !== undefined;
    if (code !== undefined) return `\x1b[${code}m`;
    return `${wasStyled ? RESET : ''}${found === END ? '' : found}`;
  });
}

/** Marks as JSON's escapes: in a document they are characters of a text like any other. */
export const withEscapedMarks = (json: string): string =>
  json.replace(MARKS, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);

/** In characters as readers count them, not in UTF-16 units. */
export const widthOf = (text: string): number => [...plain(text)].length;
