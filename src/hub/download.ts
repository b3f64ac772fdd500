import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import { GoogLeNetError } from '../core/errors.js';
import { replaceFile } from '../core/files/atomic-file.js';

export interface DownloadProgress {
  receivedBytes: number;
  /** Null where the server does not say. */
  totalBytes: number | null;
}

export interface DownloadOptions {
  /** Of the whole file, 64 hexadecimal digits. */
  sha256: string;
  maxBytes: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Without an answer or a further byte for so long, a download has failed. Default 30 s. */
  silenceMs?: number | undefined;
}

const SILENCE_MS = 30_000;

/**
 * Downloads a file, and puts it at `path` once all of it is there and its hash is right. Honours `HTTPS_PROXY`, `HTTP_PROXY` and
 * `NO_PROXY`.
 * @throws GoogLeNetError `DOWNLOAD_FAILED`, `FILE_NOT_FOUND` (no such folder), `FILE_ERROR`, `ABORTED`
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  try {
    await replaceFile(path, (file) => receive(url, file, options));
  } catch (error) {
    if (options.signal?.aborted) {
      throw new GoogLeNetError('ABORTED', `The download of ${url} was aborted.`, { cause: error });
    }
    throw error;
  }
}

async function receive(url: string, file: FileHandle, options: DownloadOptions): Promise<void> {
  const { sha256, maxBytes, onProgress } = options;
  // Loaded here because it takes 50 ms and few programs download anything. Node's own fetch knows no proxies.
  const undici = await import('undici');
  const dispatcher = dispatcherOf(url, undici, options);
  const hash = createHash('sha256');
  let receivedBytes = 0;
  try {
    const { body, totalBytes } = await request(url, undici, dispatcher, options);
    for await (const bytes of chunksOf(url, body)) {
      receivedBytes += bytes.length;
      if (receivedBytes > maxBytes) throw failed(url, `it is larger than ${maxBytes} bytes`);
      hash.update(bytes);
      await file.writeFile(bytes);
      onProgress?.({ receivedBytes, totalBytes });
    }
  } finally {
    // An answer that is not read to its end would keep its connection, and the process.
    await dispatcher.destroy();
  }
  const digest = hash.digest('hex');
  if (digest !== sha256) {
    throw failed(
      url,
      `its SHA-256 is ${digest} in place of ${sha256}, so it is another file or was cut short`,
    );
  }
}

type Undici = typeof import('undici');

function dispatcherOf(url: string, undici: Undici, { silenceMs = SILENCE_MS }: DownloadOptions): Dispatcher {
  const { env } = process;
  try {
    return new undici.EnvHttpProxyAgent({
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      ...withScheme('httpProxy', env.http_proxy || env.HTTP_PROXY),
      ...withScheme('httpsProxy', env.https_proxy || env.HTTPS_PROXY),
      // Plain HTTP is asked of the proxy itself, as other programs do. HTTPS goes through a tunnel all the same.
      proxyTunnel: false,
    });
  } catch (error) {
    throw failed(
      url,
      `HTTP_PROXY or HTTPS_PROXY is no address of a proxy (${(error as Error).message})`,
      error,
    );
  }
}

/** `proxy.example:3128`, as other programs take it too. */
const withScheme = (option: string, proxy: string | undefined): Record<string, string> =>
  proxy ? { [option]: proxy.includes('://') ? proxy : `http://${proxy}` } : {};

async function request(
  url: string,
  undici: Undici,
  dispatcher: Dispatcher,
  { signal, silenceMs = SILENCE_MS }: DownloadOptions,
): Promise<{ body: AsyncIterable<Uint8Array>; totalBytes: number | null }> {
  // The dispatcher's own limits leave out a proxy that hangs up before there is a tunnel: it would be asked again for ever.
  const silence = new AbortController();
  const limit = setTimeout(() => silence.abort(new Error(`no answer in ${silenceMs / 1000} s`)), silenceMs);
  try {
    const response = await undici.fetch(url, { dispatcher, signal: anyOf(silence.signal, signal) });
    if (!response.ok || !response.body)
      throw failed(url, `the server answers ${response.status} ${response.statusText}`);
    const length = Number(response.headers.get('content-length'));
    return { body: response.body, totalBytes: length > 0 ? length : null };
  } catch (error) {
    throw error instanceof GoogLeNetError ? error : failed(url, reasonOf(error), error);
  } finally {
    clearTimeout(limit);
  }
}

const anyOf = (own: AbortSignal, value: AbortSignal | undefined): AbortSignal =>
  value ? AbortSignal.any([own, value]) : own;

async function* chunksOf(url: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw failed(url, reasonOf(error), error);
  }
}

/** `fetch failed` says nothing; its cause does. */
const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
};

function failed(url: string, why: string, cause?: unknown): GoogLeNetError {
  const fix =
    'Give the path of a file that was downloaded by other means, or set GOOGLENET_MIRROR to a server that has it';
  return new GoogLeNetError('DOWNLOAD_FAILED', `Cannot download ${url}: ${why}. ${fix}.`, { cause });
}
