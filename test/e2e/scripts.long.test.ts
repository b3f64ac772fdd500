/** The project's scripts as a contributor runs them: what they say, and short runs of those that train. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GoogLeNet } from '../../src/index.js';
import { PACKAGE_ROOT } from '../support/child.js';
import { backendsOf, HAS_KERNELS } from '../support/engines.js';
import { idxFile } from '../support/idx.js';
import { testWhere } from '../support/skip.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { SAMPLE, start } from './cli.js';

const folder = temporaryFolder();
const script = (name: string, ...args: string[]) =>
  start(process.execPath, [join(PACKAGE_ROOT, 'scripts', name), ...args], folder()).result;

const WITH_FLAGS = [
  'augment-sheet.mjs',
  'bench/inference.mjs',
  'bench/busy.mjs',
  'bench/eager.mjs',
  'bench/training.mjs',
  'bench/loader.mjs',
  'bench/loading.mjs',
  'bench/accuracy.mjs',
  'fuzz-weights.mjs',
  'kill-test.mjs',
  'bench/roofline.mjs',
  'screenshots.mjs',
  'runs/fashion-mnist.mjs',
  'runs/fashion-mnist-recipes.mjs',
  'runs/architectures.mjs',
  'runs/two-classes.mjs',
];

describe.each(WITH_FLAGS)('scripts/%s', (name) => {
  test('explains itself', async () => {
    const { code, stdout, stderr } = await script(name, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^(npm run|node scripts\/)\S* /);
  });

  test('refuses a flag that it does not have', async () => {
    const { code, stdout, stderr } = await script(name, '--nonsense');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain("'--nonsense'");
    expect(stderr).not.toContain('    at ');
  });
});

test.each([
  ['runs/two-classes.mjs', ['--classes', '5-sandal,hat'], "there is no 'hat'"],
  ['runs/architectures.mjs', ['--epochs', 'x'], '--epochs takes a number'],
  ['fuzz-weights.mjs', ['--kind', 'onnx'], "there is no 'onnx'"],
  ['fuzz-weights.mjs', ['--only', '3'], '--only takes the file of one --kind'],
  ['runs/fashion-mnist.mjs', ['--data', 'nowhere'], 'There is no nowhere'],
  ['runs/fashion-mnist-recipes.mjs', ['--recipes', '16'], "'16' is not N:RATE"],
  ['kill-test.mjs', ['--tries', '0'], '--tries takes a number from 1 on'],
  ['augment-sheet.mjs', ['image.png'], 'the number of arguments is 2'],
  ['bench/accuracy.mjs', [], 'the number of arguments is 1'],
  ['bench/accuracy.mjs', ['--images', '0', 'm.safetensors'], '--images takes a number from 1 on'],
  ['bench/roofline.mjs', ['--precision', 'float16'], '--precision takes float32, bfloat16, int8'],
  ['bench/roofline.mjs', ['--backend', 'sse'], '--backend takes auto, avx2, avx512, amx'],
  ['bench/roofline.mjs', ['--runs', 'all'], '--runs takes a number from 1 on'],
  ['bench/inference.mjs', ['--repeat', '0'], '--repeat takes a number above 0'],
  ['bench/inference.mjs', ['--threads', 'two'], '--threads takes a number from 1 on'],
])('scripts/%s %p is wrong usage', async (name, args, message) => {
  const { code, stderr } = await script(name, ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('scripts/augment-sheet.mjs draws 24 augmentations of an image', async () => {
  const sheet = join(folder(), 'sheet.png');
  const image = join(SAMPLE, 'test/1-trouser/003.png');
  expect(await script('augment-sheet.mjs', image, sheet, '--crop', '20')).toMatchObject({ code: 0 });
  const png = readFileSync(sheet);
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  expect({ width, height }).toEqual({ width: 6 * 24 - 4, height: 4 * 24 - 4 });
});

test('scripts/fuzz-weights.mjs reads damaged files of every format, and one file by its number', async () => {
  const { code, stdout } = await script('fuzz-weights.mjs', '--kind', 'damaged pickle', '--count', '3000');
  expect(code).toBe(0);
  expect(stdout).toMatch(/\| damaged pickle \| 3000 \| 0 \| \d+ \| .*`UNSAFE_PICKLE` \d+/);
  const one = await script('fuzz-weights.mjs', '--kind', 'plans', '--only', '7', '--folder', 'kept');
  expect(one.stdout).toContain('| plans | 1 | 0 | ');
  expect(readdirSync(join(folder(), 'kept'))).toEqual(['plans-1-7']);
});

test('scripts/bench/loading.mjs times both formats', async () => {
  const { code, stdout } = await script('bench/loading.mjs', '--times', '1');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^weights\.safetensors, 52\.\d MB: median .*\nweights\.pth, 52\.\d MB: median .*\n$/,
  );
});

/** The four files of a dataset of ten classes. */
function writeIdx(dir: string): void {
  mkdirSync(dir, { recursive: true });
  for (const [part, count] of [
    ['train', 40],
    ['t10k', 10],
  ] as const) {
    const pixels = Array.from({ length: count * 28 * 28 }, (_, i) => (i * 37) % 256);
    const labels = Array.from({ length: count }, (_, i) => i % 10);
    writeFileSync(join(dir, `${part}-images-idx3-ubyte`), idxFile([count, 28, 28], pixels));
    writeFileSync(join(dir, `${part}-labels-idx1-ubyte`), idxFile([count], labels));
  }
}

describe('what engines are measured with', () => {
  test('scripts/bench/inference.mjs times the sides it is asked for, and keeps the raw figures', async () => {
    const file = join(folder(), 'figures.jsonl');
    const args = ['--only', 'engine bfloat16', '--repeat', '0.01', '--threads', '1', '--output', file];
    const { code, stdout } = await script('bench/inference.mjs', ...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nengine bfloat16 +[\d.]+ ms /);
    expect(stdout).not.toMatch(/\n(onnxruntime-node|PyTorch|engine float32) /);
    const cases = readFileSync(file, 'utf8').trim().split('\n');
    expect(new Set(cases.map((line) => JSON.parse(line).case))).toEqual(
      new Set([
        'machine',
        'batch 1',
        'batch 8',
        'batch 32',
        'memory',
        'pressure',
        'pauses',
        'start',
        ...(HAS_KERNELS ? ['compete', 'calls'] : []),
      ]),
    );
  });

  testWhere(HAS_KERNELS, 'this machine has no kernels of ours')(
    'scripts/bench/roofline.mjs says what each step achieves of what a core can',
    async () => {
      const { code, stdout } = await script('bench/roofline.mjs', '--precision', 'float32', '--runs', '3');
      expect(code).toBe(0);
      const shares = [...stdout.matchAll(/ ([\d.]+) % +[\d.]+ GB\/s$/gm)].map(([, share]) => Number(share));
      expect(shares).toHaveLength(41);
      for (const share of shares) expect(share).toBeGreaterThan(0);
      expect(stdout).toMatch(/Peaks of one core, GOP\/s: avx2 float32 \d+/);
    },
  );

  test('scripts/bench/accuracy.mjs compares every backend with the model', async () => {
    writeIdx(folder());
    const model = new GoogLeNet({ numClasses: 10, seed: 1 });
    await model.save(join(folder(), 'model.safetensors'));
    model.dispose();
    const args = ['--data', '.', '--images', '2', 'model.safetensors'];
    const { code, stdout } = await script('bench/accuracy.mjs', ...args);
    expect(code).toBe(0);
    for (const precision of ['float32', 'bfloat16', 'int8'] as const)
      for (const backend of backendsOf(precision))
        expect(stdout).toMatch(new RegExp(`\\n${precision}, ${backend}[ ,]`));
    expect(stdout).toMatch(/\nfloat32, libtorch +\d\.\de-[678] +\d\.\de-[678] +100\.0 % /);
  });
});

describe('where a run is put', () => {
  const left = (out: string) =>
    ['model.safetensors', 'report.html', 'metrics.jsonl'].filter((name) => !existsSync(join(out, name)));

  test('scripts/runs/fashion-mnist.mjs leaves it in any folder, and a second time scores it only', async () => {
    writeIdx(join(folder(), 'idx'));
    const out = join(folder(), 'a run');
    const args = ['--data', 'idx', '--out', out, '--epochs', '1', '--device', 'cpu'];
    const first = await script('runs/fashion-mnist.mjs', ...args);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/Test accuracy [\d.]+, loss [\d.]+, on 10 images\.\n$/);
    expect(left(out)).toEqual([]);
    const weights = readFileSync(join(out, 'model.safetensors'));
    const second = await script('runs/fashion-mnist.mjs', ...args);
    expect(second.stdout.trim().split('\n').at(-1)).toBe(first.stdout.trim().split('\n').at(-1));
    expect(readFileSync(join(out, 'model.safetensors')).equals(weights)).toBe(true);
  });

  test('scripts/runs/two-classes.mjs takes a relative folder from where it is called', async () => {
    const args = ['--classes', '0-t-shirt-top,1-trouser', '--out', 'two', '--epochs', '1'];
    const { code, stdout } = await script('runs/two-classes.mjs', ...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Test accuracy [\d.]+, loss [\d.]+, on 40 images\./);
    expect(left(join(folder(), 'two'))).toEqual([]);
  });

  test('scripts/runs/fashion-mnist-recipes.mjs scores each recipe', async () => {
    writeIdx(join(folder(), 'idx'));
    const args = [
      '--data',
      'idx',
      '--recipes',
      '4:0.01,8:0.02',
      '--images',
      '20',
      '--scored',
      '10',
      '--warmup',
      '1',
    ];
    const { code, stdout } = await script('runs/fashion-mnist-recipes.mjs', ...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ {9}4 {11}0\.01 {2}[01]\.\d{4}\n {9}8 {11}0\.02 {2}[01]\.\d{4}\n$/);
  });
});
