import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fromFileError } from '../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `GOOGLENET_CACHE`, else `googlenet` among the user's caches. */
export function cacheFolder(env: Environment = process.env): string {
  if (env.GOOGLENET_CACHE) return env.GOOGLENET_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'googlenet');
}

/** Hexadecimal SHA-256 of a file, read in pieces. @throws GoogLeNetError `FILE_NOT_FOUND`, `FILE_ERROR` */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  } catch (error) {
    throw fromFileError(error, 'read', path);
  }
  return hash.digest('hex');
}
