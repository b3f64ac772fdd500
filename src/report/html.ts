/** HTML from templates in which every text is escaped unless it is HTML already. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = string | number | Html | readonly HtmlValue[];

export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  new Html(parts.map((part, i) => part + (i < values.length ? render(values[i] ?? '') : '')).join(''));

/** What this package has drawn itself. */
export const drawing = (svg: string): Html => new Html(svg);

function render(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  return Array.isArray(value) ? value.map(render).join('') : escapeText(String(value));
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and quoted attributes of HTML and SVG. */
export const escapeText = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** Without control characters and halves of surrogate pairs, which no XML may hold and no terminal should be sent. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  text.replace(/[\u0000-\u001f\u007f-\u009f\p{Surrogate}\ufffe\uffff]/gu, '\ufffd');

/** At most `most` characters, as readers count them. */
export function shorten(text: string, most: number): string {
  const characters = [...text.slice(0, 4 * most)];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}

/** A name from a file: whole where the pointer rests, and of its own direction of writing. */
export const nameOf = (text: string, most = 40): Html =>
  html`<bdi title="${shorten(text, 500)}">${shorten(text, most)}</bdi>`;

export const table = (rows: readonly (readonly HtmlValue[])[], head: readonly HtmlValue[] = []): Html =>
  html`<table>${head.length > 0 ? html`<tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr>` : ''}${rows.map(
    (row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</table>`;
