/** What pages of the documentation run on: images, weights, and a server that publishes weights. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { convertWeights, GoogLeNet } from '../../src/index.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { SAMPLE } from './cli.js';
import { type CodeBlock, codeBlocks, Page } from './code-blocks.js';

const CLASSES = ['0-t-shirt-top', '1-trouser'];
/** Images of each class: enough for two steps of the pages' batches. */
const IMAGES = { train: 4, val: 2, test: 2 };

interface World {
  /** Name in the project of a page → absolute path of what is put there. */
  readonly files: Map<string, string>;
  readonly env: NodeJS.ProcessEnv;
  close(): void;
}

/**
 * Everything is real but the publisher: a server of this process has weights of the published layout, and the list of what is published
 * has their hash.
 */
async function makeWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'googlenet-documents-'));
  const at = (name: string) => join(folder, name);
  const files = new Map<string, string>();
  for (const [part, count] of Object.entries(IMAGES)) {
    for (const name of CLASSES) {
      for (let i = 0; i < count; i++) {
        const image = join(part, name, `00${i}.png`);
        files.set(join('images', image), join(SAMPLE, image.replace(/^val/, 'test')));
      }
    }
  }
  await sharp(join(SAMPLE, 'test/1-trouser/003.png')).resize(320, 240).jpeg().toFile(at('cat.jpg'));
  {
    using model = new GoogLeNet({ numClasses: CLASSES.length, classes: CLASSES, seed: 0 });
    await model.save(at('model.safetensors'));
  }
  await convertWeights(at('model.safetensors'), at('model.pth'));
  for (const name of ['cat.jpg', 'model.safetensors', 'model.pth']) files.set(name, at(name));

  {
    using published = new GoogLeNet({ variant: 'torchvision', seed: 1 });
    await published.save(at('published.safetensors'));
  }
  await convertWeights(at('published.safetensors'), at('published.pth'));
  const bytes = readFileSync(at('published.pth'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const registry = JSON.stringify(join(PACKAGE_ROOT, 'dist/hub/published.js'));
  writeFileSync(
    at('publisher.cjs'),
    `require(${registry}).IMAGENET1K_V1.sha256 = ${JSON.stringify(sha256)};\n`,
  );
  const server = createServer((_, response) => response.end(bytes)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    files,
    env: {
      NODE_OPTIONS: `--require ${at('publisher.cjs')}`,
      GOOGLENET_MIRROR: `http://127.0.0.1:${port}`,
      GOOGLENET_CACHE: at('cache'),
    },
    close() {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Tests that every code block of some pages passes the compiler and runs. */
export function testPages(pages: readonly string[]): void {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld();
  });
  afterAll(() => world.close());

  const withCode = pages.filter((name) => codeBlocks(name).length > 0);
  describe.each(withCode)('%s', (name) => {
    const blocks = codeBlocks(name);
    const page = new Page();
    beforeAll(() => page.furnish(world.files, world.env));
    afterAll(async () => {
      await page.close();
    });

    if (blocks.some(({ language }) => language === 'ts')) {
      test('programs pass the compiler', async () => {
        expect(await page.typeCheck(blocks)).toEqual({ code: 0, stdout: '', stderr: '' });
      });
    }
    const runnable = blocks.filter(({ notRun }) => notRun === null);
    if (runnable.length > 0) {
      test.each(runnable.map((block) => [titleOf(block), block] as const))('%s', async (_, block) => {
        const { code, stdout, stderr } = await page.run(block);
        expect({ code, output: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, output: '' });
      });
    }
    const server = blocks.find(({ isServer }) => isServer);
    if (server) {
      test('its server ends when asked to', async () => {
        // Null: ended by the signal, which a server without a handler is.
        expect(await page.close()).toBe(server.code.includes('SIGTERM') ? 0 : null);
      });
    }
  });
}

const titleOf = ({ line, language, code }: CodeBlock): string =>
  `line ${line} (${language}): ${code.split('\n')[0]}`;
