const QUOTE = 0x22;
const BACKSLASH = 0x5c;
// Both kinds of brackets: [ and {, ] and }.
const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d;

/**
 * Refuses JSON that is nested deeper than it has reason to be, before it is parsed: a megabyte of brackets becomes sixty of arrays,
 * inside of each other as deep as no recursion goes.
 * @param what as the message begins: `its header`
 * @throws what `invalidFile` makes
 */
export function assertShallow(
  json: Uint8Array,
  maxDepth: number,
  what: string,
  invalidFile: (what: string) => Error,
): void {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i] as number;
    if (byte === QUOTE) isText = !isText;
    else if (isText) i += byte === BACKSLASH ? 1 : 0;
    else if (isClosing(byte)) depth--;
    else if (isOpening(byte) && ++depth > maxDepth) {
      throw invalidFile(`${what} is nested more than ${maxDepth} deep at byte ${i}`);
    }
  }
}

/** What a run writes down is five deep. */
const MAX_DEPTH = 32;

/**
 * JSON of a file that somebody else may have written: what goes into its values, to print or to compare them, must not end in them.
 * @throws Error saying what is wrong with it.
 */
export function parseShallow(text: string): unknown {
  assertShallow(Buffer.from(text), MAX_DEPTH, 'it', (what) => new SyntaxError(what));
  return JSON.parse(text);
}
