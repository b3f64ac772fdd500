import { withVisibleBytes } from './files/file-names.js';

/** ASCII and C1 controls except the line feed, line separators, and the marks that change the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNPRINTABLE = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const escapeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * What a terminal may be sent: names from files and folders could otherwise move its cursor, change its title or reorder what is
 * read. The escapes are those of JSON, so a JSON document stays the same document; bytes of names that are no UTF-8 are `\xe9`.
 */
export const printable = (text: string): string => withVisibleBytes(text.replace(UNPRINTABLE, escapeOf));

/** The same in one line, for a name: a line feed in it must not begin a line of its own. */
export const printableLine = (text: string): string => printable(text).replaceAll('\n', '\\u000a');
