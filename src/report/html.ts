/** HTML from templates, which escape every value that is not HTML already. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = string | number | Html | readonly HtmlValue[];

export const html = (parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  new Html(parts.map((part, i) => part + (i < values.length ? render(values[i] ?? '') : '')).join(''));

/** SVG that this package made. */
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

/** Replaces control characters and halves of surrogate pairs: XML may not hold them, and no terminal should get them. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what it looks for.
  text.replace(/[\u0000-\u001f\u007f-\u009f\p{Surrogate}\ufffe\uffff]/gu, '\ufffd');

/** Cuts a text to `most` characters, as readers count them. */
export function shorten(text: string, most: number): string {
  const characters = [...text.slice(0, 4 * most)];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}

/** A name from a file: the tooltip has all of it, and its direction of writing does not affect the text around it. */
export const nameOf = (text: string, most = 40): Html =>
  html`<bdi title="${shorten(text, 500)}">${shorten(text, most)}</bdi>`;

/** @param head titles of the columns. The first cell of each row is the row's title. */
export const table = (rows: readonly (readonly HtmlValue[])[], head: readonly HtmlValue[] = []): Html =>
  html`<table>${head.length > 0 ? html`<thead><tr>${head.map(columnTitle)}</tr></thead>` : ''}<tbody>${rows.map(
    ([title = '', ...cells]) =>
      html`<tr><th scope="row">${title}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table>`;

const columnTitle = (title: HtmlValue): Html =>
  title === '' ? html`<td></td>` : html`<th scope="col">${title}</th>`;
