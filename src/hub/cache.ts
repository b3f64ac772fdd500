import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { slicesOf, withOpenFiles } from '../formats/open-files.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `GOOGLENET_CACHE`, else `googlenet` among the user's caches. */
export function cacheFolder(env: Environment = process.env): string {
  if (env.GOOGLENET_CACHE) return env.GOOGLENET_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'googlenet');
}

/**
 * Hexadecimal SHA-256 of a file, read in pieces; empty where it is larger than `maxBytes`.
 * @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED`
 */
export function sha256Of(path: string, maxBytes: number, signal: AbortSignal | undefined): Promise<string> {
  return withOpenFiles(async (open) => {
    const file = await open(path);
    if (file.size > maxBytes) return '';
    const hash = createHash('sha256');
    const cutShort = () => new GoogLeNetError('FILE_ERROR', `${path} was cut short while being read.`);
    for await (const bytes of slicesOf(file, 0, file.size, cutShort)) {
      if (signal?.aborted) throw new GoogLeNetError('ABORTED', `Reading ${path} was aborted.`);
      hash.update(bytes);
    }
    return hash.digest('hex');
  });
}
