/** How the commands read files of images. */
import { mkdirSync, renameSync } from 'node:fs';
import sharp from 'sharp';
import { GoogLeNet, type GoogLeNetError, loadModel } from '../../src/index';
import { errorWith } from '../support/errors';
import { runCommandLine } from '../support/host';
import { temporaryFolder } from '../support/temporary-folder';

const at = temporaryFolder();

/** White above, black below, and so only when it is turned as it says. */
const photo = (path: string) =>
  sharp({ create: { width: 20, height: 40, channels: 3, background: '#fff' } })
    .composite([
      {
        input: { create: { width: 10, height: 40, channels: 3, background: '#000' } },
        left: 10,
        top: 0,
      },
    ])
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(path);

beforeEach(async () => {
  const model = new GoogLeNet({
    variant: 'torchvision',
    numClasses: 2,
    auxLogits: false,
    initWeights: false,
    seed: 1,
  });
  await model.save(at('model.safetensors'));
  model.dispose();
  for (const name of ['a', 'b']) {
    mkdirSync(at('data', name), { recursive: true });
    await photo(at('data', name, '1.png'));
  }
});

const commands: [string, () => string[]][] = [
  ['predict', () => ['predict', at('model.safetensors'), at('data/a/1.png')]],
  ['evaluate', () => ['evaluate', at('model.safetensors'), at('data'), '--resize', '32', '--crop', '32']],
  [
    'evaluate with ten crops',
    () => [
      'evaluate',
      at('model.safetensors'),
      at('data'),
      '--crops',
      '10',
      '--resize',
      '32',
      '--crop',
      '32',
    ],
  ],
  ['explain', () => ['explain', at('model.safetensors'), at('data/a/1.png'), '--out', at('out.png')]],
  [
    'train',
    () => [
      'train',
      '--train',
      at('data'),
      '--out',
      at('run'),
      '--architecture',
      'torchvision',
      '--crop',
      '32',
    ],
  ],
];

test.each(commands)('%s refuses images of more than --max-pixels, and says so', async (_, command) => {
  const { code, stderr } = await runCommandLine(...command(), '--max-pixels', '799');
  expect(stderr).toMatch(/INVALID_IMAGE.*1\.png.*40 × 20 = 800 pixels.*--max-pixels/);
  expect(code).toBe(1);
});

test('predict and classify turn photographs upright, unless told not to', async () => {
  const model = await loadModel(at('model.safetensors'));
  for (const [flags, options] of [
    [[], {}],
    [['--auto-orient'], { autoOrient: true }],
    [['--no-auto-orient'], { autoOrient: false }],
  ] as const) {
    const { stdout } = await runCommandLine(
      'predict',
      at('model.safetensors'),
      at('data/a/1.png'),
      '--json',
      ...flags,
    );
    expect(JSON.parse(stdout).predictions[0].main).toEqual(await model.classify(at('data/a/1.png'), options));
  }
  const upright = await model.classify(at('data/a/1.png'));
  expect(upright).not.toEqual(await model.classify(at('data/a/1.png'), { autoOrient: false }));
  model.dispose();
});

test('Folders and files with names that are not UTF-8 are read, and shown with escapes', async () => {
  const bytes = (name: string) => Buffer.concat([Buffer.from(at('data/')), Buffer.from(name, 'latin1')]);
  renameSync(at('data/b'), bytes('caf\xe9'));
  renameSync(bytes('caf\xe9/1.png'), bytes('caf\xe9/\xff.png'));
  const scored = await runCommandLine(
    'evaluate',
    at('model.safetensors'),
    at('data'),
    '--resize',
    '32',
    '--crop',
    '32',
  );
  expect(scored).toMatchObject({ code: 0, stdout: expect.stringContaining('caf\\xe9') });
  const seen = await runCommandLine('predict', at('model.safetensors'), at('data/caf\udce9/\udcff.png'));
  expect(seen).toMatchObject({ code: 0, stdout: expect.stringContaining('caf\\xe9/\\xff.png') });
});

test('A signal that has come stops classify, forward, explain and loadImages before anything is read', async () => {
  const model = await loadModel(at('model.safetensors'));
  const signal = AbortSignal.abort();
  await expect(model.classify(at('none.png'), { signal })).rejects.toMatchObject(errorWith('ABORTED'));
  const images = { data: new Uint8Array(32 * 32 * 3), shape: [1, 32, 32, 3] };
  await expect(model.forward(images, { signal })).rejects.toMatchObject(errorWith('ABORTED'));
  const under = new AbortController();
  const pass = model.forward(images, { signal: under.signal }).catch((error: GoogLeNetError) => error.code);
  under.abort();
  expect(await pass).toBe('ABORTED');
  expect((await model.forward(images))[0].shape).toEqual([1, 2]);
  model.dispose();
});
