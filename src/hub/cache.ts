import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { OpenFiles } from '../formats/open-files.js';

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
export async function sha256Of(
  path: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const files = new OpenFiles(signal);
  try {
    const file = await files.open(path);
    if (file.size > maxBytes) return '';
    const hash = createHash('sha256');
    const cutShort = () => new GoogLeNetError('FILE_ERROR', `${path} was cut short while being read.`);
    for await (const bytes of file.slices(0, file.size, cutShort)) hash.update(bytes);
    return hash.digest('hex');
  } finally {
    await files.close();
  }
}
