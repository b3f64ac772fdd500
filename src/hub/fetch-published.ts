import { join } from 'node:path';
import { GoogLeNetError } from '../core/errors.js';
import { makeFolder } from '../core/files/make-folder.js';
import { cacheFolder, sha256Of } from './cache.js';
import { type DownloadProgress, download } from './download.js';
import type { Published } from './published.js';

export interface FetchOptions {
  /** A file that is there already; nothing is downloaded then. */
  path?: string | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  silenceMs?: number | undefined;
}

/**
 * The path of published weights, whose hash was checked: the file that is given, the one in the cache, or the download.
 * @param env `GOOGLENET_MIRROR`: a server that has the file, in place of the publisher's; `GOOGLENET_CACHE`: where it is kept.
 * @throws GoogLeNetError `DOWNLOAD_FAILED`, `INVALID_WEIGHTS` for a given file with another hash, `FILE_NOT_FOUND`, `FILE_ERROR`, `ABORTED`
 */
export async function fetchPublished(
  published: Published,
  { path, ...options }: FetchOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const { sha256, maxBytes } = published;
  const { signal } = options;
  if (signal?.aborted) throw new GoogLeNetError('ABORTED', `Getting ${published.file} was aborted.`);
  const isPublished = async (file: string) => (await sha256Of(file, maxBytes, signal)) === sha256;
  if (path !== undefined) {
    if (await isPublished(path)) return path;
    const message = `${path} is not ${published.file}, whose SHA-256 is ${sha256}. Load it with GoogLeNet.load.`;
    throw new GoogLeNetError('INVALID_WEIGHTS', message);
  }
  const folder = cacheFolder(env);
  const cached = join(folder, published.file);
  try {
    if (await isPublished(cached)) return cached;
  } catch (error) {
    if ((error as GoogLeNetError).code !== 'FILE_NOT_FOUND') throw error;
  }
  await makeFolder(folder);
  const base = (env.GOOGLENET_MIRROR || published.baseUrl).replace(/\/+$/, '');
  await download(`${base}/${published.file}`, cached, { sha256, maxBytes, ...options });
  return cached;
}
