/** The files of the page. A browser can request no others. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError } from '../core/errors.js';
import { PAGE } from './page/document.js';
import { STYLE } from './page/style.js';

export interface Asset {
  type: string;
  content: Buffer;
}

const MODULES = [
  ...['main', 'charts', 'chart-option', 'chart-points', 'chart-specs', 'confusion', 'connection'],
  ...['dom', 'format', 'images', 'model', 'overview', 'settings', 'tiles'],
];

const html = { type: 'text/html; charset=utf-8', content: Buffer.from(PAGE) };
const css = { type: 'text/css; charset=utf-8', content: Buffer.from(STYLE) };

const FILES = new Map([
  ['/echarts.js', () => require.resolve('echarts/dist/echarts.min.js')],
  ...MODULES.map((name) => [`/${name}.mjs`, () => join(__dirname, 'page', `${name}.mjs`)] as const),
]);

/** @returns null where there is no such file. @throws GoogLeNetError `FILE_NOT_FOUND` where the package is incomplete. */
export async function readAsset(path: string): Promise<Asset | null> {
  if (path === '/') return html;
  if (path === '/style.css') return css;
  const file = FILES.get(path)?.();
  if (file === undefined) return null;
  try {
    return { type: 'text/javascript; charset=utf-8', content: await readFile(file) };
  } catch (error) {
    throw fromFileError(error, 'read', file);
  }
}
