/** However many parts of a command need a file of weights, it is opened once and each byte of its header is read once. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoogLeNet } from '../../src/index.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { MAIN, start } from './cli.js';
import { TINY_RECIPE, tinyImages } from './tiny-run.js';

interface Watched {
  opens: number;
  /** Position and number of bytes. */
  reads: [number, number][];
}

const WATCH = join(PACKAGE_ROOT, 'test/support/watch-reads.cjs');
const dir = mkdtempSync(join(tmpdir(), 'googlenet-opens-'));
const at = (...parts: string[]) => join(dir, ...parts);

beforeAll(async () => {
  await tinyImages(dir);
  const classes = ['black', 'white'];
  const model = new GoogLeNet({ variant: 'torchvision', numClasses: 2, auxLogits: false, classes, seed: 1 });
  await model.save(at('model.safetensors'));
  model.dispose();
  await run('', ...['train', '--data', dir, '--out', at('run'), ...TINY_RECIPE]);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the compiled package in a process of its own. */
async function watch(suffix: string, args: readonly string[]): Promise<Record<string, Watched>> {
  const report = at('report.json');
  process.env.WATCHED_SUFFIX = suffix;
  process.env.WATCH_REPORT = report;
  const { code, stderr } = await start(process.execPath, ['-r', WATCH, ...args], dir).result;
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(report, 'utf8'));
}

const run = (suffix: string, ...argv: string[]) => watch(suffix, [MAIN, ...argv]);

/** How often each byte before the tensors was read. */
function headerReads(path: string, reads: Watched['reads']): number[] {
  const bytes = 8 + Number(readFileSync(path).readBigUInt64LE());
  const counts = new Array<number>(bytes).fill(0);
  for (const [position, length] of reads) {
    for (let i = position; i < Math.min(bytes, position + length); i++) counts[i] = (counts[i] ?? 0) + 1;
  }
  return counts;
}

function expectReadOnce(path: string, files: Record<string, Watched>): void {
  const { opens, reads } = files[path] ?? { opens: 0, reads: [] };
  expect(opens).toBe(1);
  expect([...new Set(headerReads(path, reads))]).toEqual([1]);
}

const model = at('model.safetensors');
const image = at('val/white/0.png');

test.each<[string, readonly string[]]>([
  ['loadModel', ['-e', `require(${JSON.stringify(PACKAGE_ROOT)}).loadModel(${JSON.stringify(model)})`]],
  ['evaluate', [MAIN, 'evaluate', model, at('val'), '--resize', '32', '--crop', '32']],
  ['predict', [MAIN, 'predict', model, image]],
  ['info', [MAIN, 'info', model]],
  ['convert', [MAIN, 'convert', model, at('model.pth')]],
  ['explain', [MAIN, 'explain', model, image]],
  [
    'train --weights',
    [MAIN, 'train', '--data', dir, '--out', at('tuned'), '--weights', model, ...TINY_RECIPE.slice(3)],
  ],
])('%s opens its weights once and reads each byte of their header once', async (_, args) => {
  expectReadOnce(model, await watch('model.safetensors', args));
});

test('info opens a checkpoint once', async () => {
  const [name = ''] = readdirSync(at('run/checkpoints')).filter((one) => one.endsWith('.safetensors'));
  const path = at('run/checkpoints', name);
  expectReadOnce(path, await run('.safetensors', 'info', path));
});

test('train --resume opens its checkpoint once, also where it writes newer ones', async () => {
  const name = readdirSync(at('run/checkpoints'))
    .filter((one) => one.endsWith('.safetensors'))
    .sort()
    .at(-1);
  const path = at('run/checkpoints', name ?? '');
  const counts = headerReads(path, []);
  const files = await run('.safetensors', 'train', '--resume', at('run'), '--epochs', '2');
  const { opens, reads } = files[path] ?? { opens: 0, reads: [] };
  expect(opens).toBe(1);
  const header = counts.map((_, i) => reads.filter(([start, n]) => start <= i && i < start + n).length);
  expect([...new Set(header)]).toEqual([1]);
});
