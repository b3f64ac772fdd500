/** Writes a comparison of runs as a page, or its curves as one image. */
import { extname } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { toPng } from '../core/figures/png.js';
import { writeFileAtomic } from '../core/files/atomic-file.js';
import type { ComparedRun } from './compare.js';
import { comparisonPage } from './comparison-page.js';
import { comparisonSvg } from './comparison-svg.js';

const FORMATS: Record<string, (runs: readonly ComparedRun[]) => Promise<Uint8Array>> = {
  '.html': async (runs) => Buffer.from(comparisonPage(runs)),
  '.svg': async (runs) => Buffer.from(comparisonSvg(runs)),
  '.png': (runs) => toPng(comparisonSvg(runs)),
};

/** @throws GoogLeNetError `INVALID_ARGUMENT` where the file's extension names no format. */
export function checkComparisonPath(path: string): void {
  if (Object.hasOwn(FORMATS, extname(path).toLowerCase())) return;
  const message = `${path} does not name a format: give a file that ends in ${Object.keys(FORMATS).join(' or ')}.`;
  throw new GoogLeNetError('INVALID_ARGUMENT', message);
}

/** @throws GoogLeNetError `INVALID_ARGUMENT`, `FILE_NOT_FOUND` where the folder of the file does not exist, `FILE_ERROR`. */
export async function writeComparison(runs: readonly ComparedRun[], path: string): Promise<void> {
  checkComparisonPath(path);
  const bytes = await FORMATS[extname(path).toLowerCase()]?.(runs);
  if (bytes) await writeFileAtomic(path, [bytes]);
}
