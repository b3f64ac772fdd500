/** Keeps messages short and printable whatever an untrusted file puts in a name. */
export const shorten = (text: string, most = 80): string =>
  text.length > most ? `${text.slice(0, most)}…` : text;

/** The same as JSON text. Shortened first: half of a long name is no work. */
export const quote = (text: string): string => shorten(JSON.stringify(text.slice(0, 100)));
