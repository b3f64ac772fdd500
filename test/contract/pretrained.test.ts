/** Published weights, from a server of the test with a file of the published one's layout. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PUBLISHED, type Published } from '../../src/hub/published';
import { convertWeights, GoogLeNet, labels } from '../../src/index';
import { noise } from '../support/architectures';
import { errorWith } from '../support/errors';
import { expectSameWeights } from '../support/fit';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const registry = PUBLISHED as Published[];
const before = { ...process.env };
let server: Server;
let asked: (string | undefined)[];

/** Publishes the weights of a model as torch.save writes them. */
async function publish(model: GoogLeNet): Promise<Buffer> {
  await model.save(folder('published.safetensors'));
  await convertWeights(folder('published.safetensors'), folder('published.pth'));
  const bytes = readFileSync(folder('published.pth'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  registry.push({
    ...{ name: 'of-the-test', file: 'weights-of-the-test.pth', baseUrl: 'http://127.0.0.1:9' },
    ...{ sha256, maxBytes: 100_000_000, top1: 0, top5: 0 },
  });
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url);
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.GOOGLENET_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.GOOGLENET_CACHE = folder('cache');
  return bytes;
}

afterEach(() => {
  if (registry.at(-1)?.name === 'of-the-test') registry.pop();
  process.env = { ...before };
  server?.close();
});

test('are downloaded once, checked, kept, and classify with the names of ImageNet', async () => {
  using model = new GoogLeNet({ variant: 'torchvision', seed: 5, initWeights: true });
  const bytes = await publish(model);
  const progress: number[] = [];
  using pretrained = await GoogLeNet.pretrained('of-the-test' as 'imagenet1k-v1', {
    auxLogits: true,
    onProgress: ({ receivedBytes }) => progress.push(receivedBytes),
  });
  expect(progress.at(-1)).toBe(bytes.length);
  expect(pretrained).toMatchObject({
    variant: 'torchvision',
    transformInput: true,
    training: false,
    dropout: 0.2,
  });
  expect(pretrained.classes).toEqual(labels.imagenet1k);
  await expectSameWeights(pretrained, await model.stateDict());

  using again = await GoogLeNet.pretrained('of-the-test' as 'imagenet1k-v1');
  expect(again.auxLogits).toBe(false);
  expect(asked).toEqual(['/weights-of-the-test.pth']);
  const { data } = noise(1);
  const [best] = await again.classify({ data: data as Uint8Array, width: 224, height: 224 }, { topK: 3 });
  expect(labels.imagenet1k[best?.index ?? -1]).toBe(best?.label);
});

test('are taken from a path without a network', async () => {
  using model = new GoogLeNet({ variant: 'torchvision', seed: 5, initWeights: true });
  await publish(model);
  process.env.GOOGLENET_MIRROR = 'http://127.0.0.1:9';
  const path = folder('published.pth');
  using pretrained = await GoogLeNet.pretrained('of-the-test' as 'imagenet1k-v1', { path });
  expect(pretrained.classes).toHaveLength(1000);
  await expect(GoogLeNet.pretrained('imagenet1k-v1', { path })).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'googlenet-1378be20.pth'),
  );
});

test('that are another file are refused, and the cache stays empty', async () => {
  using model = new GoogLeNet({ variant: 'torchvision', seed: 5 });
  await publish(model);
  await expect(GoogLeNet.pretrained('imagenet1k-v1')).rejects.toMatchObject(
    errorWith('DOWNLOAD_FAILED', 'SHA-256', '1378be20'),
  );
  expect(readdirSync(folder('cache'))).toEqual([]);
});

test.each<[string, unknown, object, string]>([
  ['a name that is none', 'imagenet22k', {}, 'imagenet22k'],
  ['an unknown option', 'imagenet1k-v1', { file: 'x' }, 'file'],
  ['a signal that is none', 'imagenet1k-v1', { signal: 1 }, 'signal'],
  ['a path that is none', 'imagenet1k-v1', { path: 1 }, 'path'],
  ['a progress that is no function', 'imagenet1k-v1', { onProgress: 1 }, 'onProgress'],
])('%s is INVALID_ARGUMENT', async (_, name, options, named) => {
  await expect(GoogLeNet.pretrained(name as 'imagenet1k-v1', options)).rejects.toMatchObject(
    errorWith('INVALID_ARGUMENT', named),
  );
});

test('a signal that has aborted already downloads nothing', async () => {
  using model = new GoogLeNet({ variant: 'torchvision', seed: 5 });
  await publish(model);
  const pretrained = GoogLeNet.pretrained('of-the-test' as 'imagenet1k-v1', { signal: AbortSignal.abort() });
  await expect(pretrained).rejects.toMatchObject(errorWith('ABORTED'));
  expect(asked).toEqual([]);
});

test('the list of ImageNet’s classes is the published one', () => {
  expect(labels.imagenet1k).toHaveLength(1000);
  expect(new Set(labels.imagenet1k).size).toBe(1000);
  const some = [0, 1, 207, 281, 388, 817, 999].map((i) => labels.imagenet1k[i]);
  expect(some).toEqual([
    'tench',
    'goldfish',
    'golden retriever',
    'tabby',
    'giant panda',
    'sports car',
    'toilet tissue',
  ]);
});

test('a file that was cut short is refused', async () => {
  using model = new GoogLeNet({ variant: 'torchvision', seed: 5 });
  const bytes = await publish(model);
  writeFileSync(folder('short.pth'), bytes.subarray(0, 1_000_000));
  const path = folder('short.pth');
  await expect(GoogLeNet.pretrained('of-the-test' as 'imagenet1k-v1', { path })).rejects.toMatchObject(
    errorWith('INVALID_WEIGHTS', 'short.pth'),
  );
});
