/**
 * Names of files are bytes, and need not be UTF-8. As text, a byte that belongs to no UTF-8 character is the lone surrogate U+DC00 + byte,
 * as in Python (`surrogateescape`): nothing is lost, names sort as in Python, and JSON carries them.
 */

/** Lone ones only: with the flag u, those of a pair are one character. */
const ESCAPED = /[\udc80-\udcff]/u;

const isText = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** How many bytes a character of UTF-8 has that begins like this; 1 for what begins none. */
const lengthOf = (lead: number): number =>
  lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;

export function nameOfBytes(bytes: Buffer): string {
  if (isText(bytes)) return bytes.toString('utf8');
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    const character = bytes.subarray(at, at + lengthOf(lead));
    const isWhole = isText(character);
    name += isWhole ? character.toString('utf8') : String.fromCharCode(0xdc00 + lead);
    at += isWhole ? character.length : 1;
  }
  return name;
}

/** A path as `node:fs` must be given it. */
export function fsPath(path: string): string | Buffer {
  if (!ESCAPED.test(path)) return path;
  const parts = Array.from(path, (character) =>
    ESCAPED.test(character) ? Buffer.of(character.charCodeAt(0) - 0xdc00) : Buffer.from(character),
  );
  return Buffer.concat(parts);
}

/** Such bytes as `\xe9`, for who reads a message: no terminal or file could show them. */
export const withVisibleBytes = (text: string): string =>
  text.replace(/[\udc80-\udcff]/gu, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`);
