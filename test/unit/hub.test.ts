import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cacheFolder } from '../../src/hub/cache.js';
import { fetchPublished } from '../../src/hub/fetch-published.js';
import { PUBLISHED, type Published } from '../../src/hub/published.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const CONTENT = Buffer.alloc(300_000, 'weights ');
const sha256 = createHash('sha256').update(CONTENT).digest('hex');

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server of published files. @returns its address and what was asked for. */
async function serve(answer: RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const published: Published = {
  name: 'test',
  file: 'weights.pth',
  baseUrl: 'http://127.0.0.1:9/nowhere',
  sha256,
  maxBytes: 1_000_000,
  top1: 0,
  top5: 0,
};
const environment = (url: string) => ({ GOOGLENET_CACHE: at('cache'), GOOGLENET_MIRROR: `${url}/mirror/` });

test('weights are downloaded once, from the mirror, with progress, and then taken from the cache', async () => {
  const { url, asked } = await serve((_, response) => {
    response.setHeader('content-length', CONTENT.length);
    response.end(CONTENT);
  });
  const seen: number[] = [];
  const onProgress = ({
    receivedBytes,
    totalBytes,
  }: {
    receivedBytes: number;
    totalBytes: number | null;
  }) => {
    expect(totalBytes).toBe(CONTENT.length);
    seen.push(receivedBytes);
  };
  const path = await fetchPublished(published, { onProgress }, environment(url));
  expect(path).toBe(at('cache/weights.pth'));
  expect(await readFile(path)).toEqual(CONTENT);
  expect(seen.at(-1)).toBe(CONTENT.length);
  expect(await fetchPublished(published, {}, environment(url))).toBe(path);
  expect(asked).toEqual(['/mirror/weights.pth']);
  expect(await readdir(at('cache'))).toEqual(['weights.pth']);
});

test('a damaged file in the cache is downloaded anew', async () => {
  const { url, asked } = await serve((_, response) => response.end(CONTENT));
  await mkdir(at('cache'));
  await writeFile(at('cache/weights.pth'), CONTENT.subarray(0, 1000));
  const path = await fetchPublished(published, {}, environment(url));
  expect(await readFile(path)).toEqual(CONTENT);
  expect(asked).toHaveLength(1);
});

test.each<[string, RequestListener, string]>([
  ['says that there is none', (_, response) => response.writeHead(404).end(), '404'],
  ['sends another file', (_, response) => response.end('<html>sign in</html>'), 'SHA-256'],
  ['sends too much', (_, response) => response.end(Buffer.alloc(1_100_000)), 'larger than 1000000'],
  [
    'breaks off',
    (_, response) => {
      response.setHeader('content-length', CONTENT.length);
      response.write(CONTENT.subarray(0, 1000), () => response.destroy());
    },
    'weights.pth',
  ],
])('a server that %s gives DOWNLOAD_FAILED, and nothing is kept', async (_, answer, why) => {
  const { url } = await serve(answer);
  await expect(fetchPublished(published, {}, environment(url))).rejects.toMatchObject(
    errorWith('DOWNLOAD_FAILED', why, 'GOOGLENET_MIRROR'),
  );
  expect(await readdir(at('cache'))).toEqual([]);
});

test('a server that is not there gives DOWNLOAD_FAILED with the reason', async () => {
  await expect(
    fetchPublished(published, {}, { GOOGLENET_CACHE: at('cache'), GOOGLENET_MIRROR: 'http://127.0.0.1:9' }),
  ).rejects.toMatchObject(errorWith('DOWNLOAD_FAILED', '127.0.0.1:9'));
});

test('a download that is aborted ends at once, and nothing is kept', async () => {
  const controller = new AbortController();
  const { url } = await serve((_, response) => {
    response.write(CONTENT.subarray(0, 1000));
    setTimeout(() => controller.abort(), 50);
  });
  await expect(
    fetchPublished(published, { signal: controller.signal }, environment(url)),
  ).rejects.toMatchObject(errorWith('ABORTED'));
  expect(await readdir(at('cache'))).toEqual([]);
});

test('a file that is given needs no network, but must be the published one', async () => {
  await writeFile(at('right.pth'), CONTENT);
  await writeFile(at('wrong.pth'), 'something else');
  const offline = environment('http://127.0.0.1:9');
  expect(await fetchPublished(published, { path: at('right.pth') }, offline)).toBe(at('right.pth'));
  await expect(fetchPublished(published, { path: at('wrong.pth') }, offline)).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'wrong.pth'),
  );
  await expect(fetchPublished(published, { path: at('none.pth') }, offline)).rejects.toMatchObject(
    errorWith('FILE_NOT_FOUND', 'none.pth'),
  );
});

test.each(['downloaded', 'given', 'in the cache'])(
  'a file of which only the first digits of the hash are right is refused where it is %s',
  async (place) => {
    const other = `${sha256.slice(0, 60)}${sha256.endsWith('0000') ? '1111' : '0000'}`;
    const pinned = { ...published, sha256: other };
    const { url, asked } = await serve((_, response) => response.end(CONTENT));
    await mkdir(at('cache'));
    await writeFile(at('cache/weights.pth'), place === 'in the cache' ? CONTENT : '');
    await writeFile(at('given.pth'), CONTENT);
    const path = place === 'given' ? { path: at('given.pth') } : {};
    await expect(fetchPublished(pinned, path, environment(url))).rejects.toMatchObject(
      errorWith(place === 'given' ? 'INVALID_WEIGHTS' : 'DOWNLOAD_FAILED', other),
    );
    expect(asked).toHaveLength(place === 'given' ? 0 : 1);
  },
);

test('all published weights are pinned by a whole SHA-256, which their file names agree with', () => {
  for (const { file, sha256: pinned } of PUBLISHED) {
    expect(pinned).toMatch(/^[0-9a-f]{64}$/);
    expect(pinned.startsWith(/-([0-9a-f]{8})\.pth$/.exec(file)?.[1] ?? 'no digits')).toBe(true);
  }
});

test('a proxy that the environment names is asked', async () => {
  const { url, asked } = await serve((_, response) => response.end(CONTENT));
  const before = process.env.HTTP_PROXY;
  process.env.HTTP_PROXY = url;
  try {
    const env = { GOOGLENET_CACHE: at('cache'), GOOGLENET_MIRROR: 'http://weights.example' };
    const path = await fetchPublished(published, {}, env);
    expect(await readFile(path)).toEqual(CONTENT);
    expect(asked).toEqual(['http://weights.example/weights.pth']);
  } finally {
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
  }
});

test('a proxy that gives no tunnel is not asked for ever', async () => {
  const { url } = await serve((_, response) => response.end());
  const before = process.env.HTTPS_PROXY;
  process.env.HTTPS_PROXY = url;
  try {
    const env = { GOOGLENET_CACHE: at('cache'), GOOGLENET_MIRROR: 'https://weights.example' };
    await expect(fetchPublished(published, { silenceMs: 300 }, env)).rejects.toMatchObject(
      errorWith('DOWNLOAD_FAILED', 'no answer in 0.3 s'),
    );
  } finally {
    if (before === undefined) delete process.env.HTTPS_PROXY;
    else process.env.HTTPS_PROXY = before;
  }
});

test('a named pipe in place of the file is refused, and not waited for', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  const offline = environment('http://127.0.0.1:9');
  await expect(fetchPublished(published, { path: at('pipe') }, offline)).rejects.toMatchObject(
    errorWith('FILE_ERROR', 'regular file'),
  );
});

test('an answer that never ends is not waited for, and its connection is given up', async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(503);
    response.write('busy');
  });
  await expect(fetchPublished(published, {}, environment(url))).rejects.toMatchObject(
    errorWith('DOWNLOAD_FAILED', '503'),
  );
  const connections = () => new Promise((resolve) => server?.getConnections((_, count) => resolve(count)));
  while ((await connections()) !== 0) await new Promise((resolve) => setTimeout(resolve, 10));
});

test.each([
  ['a proxy without a scheme', (url: string) => url.replace('http://', ''), null],
  ['a proxy that is no address', () => 'http://', 'no address of a proxy'],
])('%s', async (_, named, why) => {
  const { url } = await serve((_request, response) => response.end(CONTENT));
  const before = process.env.HTTP_PROXY;
  process.env.HTTP_PROXY = named(url);
  try {
    const env = { GOOGLENET_CACHE: at('cache'), GOOGLENET_MIRROR: 'http://weights.example' };
    const fetched = fetchPublished(published, {}, env);
    if (why === null) expect(await fetched).toBe(at('cache/weights.pth'));
    else await expect(fetched).rejects.toMatchObject(errorWith('DOWNLOAD_FAILED', why));
  } finally {
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
  }
});

test('the cache is where the environment says', () => {
  expect(cacheFolder({ GOOGLENET_CACHE: '/a/b' })).toBe('/a/b');
  expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/googlenet');
  expect(cacheFolder({})).toMatch(/\.cache\/googlenet$/);
});
