/** Images that cannot be read, among others that can. */
import { mkdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { evaluate, GoogLeNet, ImageFolder, loadModel } from '../../src/index';
import { errorWith } from '../support/errors';
import { runCommandLine } from '../support/host';
import { temporaryFolder } from '../support/temporary-folder';

const at = temporaryFolder();
const SMALL = ['--resize', '32', '--crop', '32'];

beforeEach(async () => {
  const model = new GoogLeNet({ variant: 'torchvision', numClasses: 2, auxLogits: false, seed: 1 });
  await model.save(at('model.safetensors'));
  model.dispose();
  for (const name of ['a', 'b']) {
    mkdirSync(at('data', name), { recursive: true });
    const image = sharp({ create: { width: 32, height: 32, channels: 3, background: '#369' } });
    await image.png().toFile(at('data', name, 'good.png'));
  }
  writeFileSync(at('data/a/broken.png'), 'no image');
});

const good = () => [at('data/a/good.png'), at('data/b/good.png')] as const;
const predict = (images: readonly string[], ...flags: string[]) =>
  runCommandLine('predict', at('model.safetensors'), ...images, ...flags);
const shown = (stdout: string) => JSON.parse(stdout).predictions.map((one: { image: string }) => one.image);

describe('predict', () => {
  const images = () => [good()[0], at('none.png'), at('data/a/broken.png'), good()[1]];

  test('prints what came before the first of them, and ends with status 1', async () => {
    const { code, stdout, stderr } = await predict(images());
    expect(code).toBe(1);
    expect(stdout).toContain(good()[0]);
    expect(stdout).not.toContain(good()[1]);
    expect(stderr).toMatch(/^FILE_NOT_FOUND: .*none\.png/m);
    const json = await predict(images(), '--json');
    expect([json.code, shown(json.stdout)]).toEqual([1, [good()[0]]]);
    // Loaded together with the one behind it, which could be read.
    const behind = await predict([at('none.png'), good()[0] as string]);
    expect(behind).toMatchObject({ code: 1, stdout: '' });
    expect(behind.stderr).not.toContain('Skipped');
  });

  test('skips, names and counts them with --on-decode-error skip', async () => {
    const { code, stdout, stderr } = await predict(images(), '--on-decode-error', 'skip');
    expect(code).toBe(0);
    for (const path of good()) expect(stdout).toContain(path);
    expect(stderr).toMatch(/Skipped: .*none\.png.*\nSkipped: .*broken\.png.*\n2 images of 4 skipped\.\n/);
    const json = await predict(images(), '--on-decode-error', 'skip', '--json');
    expect([json.code, shown(json.stdout)]).toEqual([0, good()]);
    expect(JSON.parse(json.stdout).skipped).toMatchObject([
      { image: at('none.png'), code: 'FILE_NOT_FOUND' },
      {
        image: at('data/a/broken.png'),
        code: 'INVALID_IMAGE',
        reason: expect.stringContaining('broken.png'),
      },
    ]);
    const alone = await predict(good(), '--json');
    expect(JSON.parse(alone.stdout).predictions).toEqual(JSON.parse(json.stdout).predictions);
  });

  test('ends with status 1 where all of them were skipped', async () => {
    const { code, stdout } = await predict([at('none.png')], '--on-decode-error', 'skip');
    expect([code, stdout]).toEqual([1, '']);
  });

  test('takes no other word', async () => {
    expect((await predict(good(), '--on-decode-error', 'ignore')).code).toBe(2);
  });
});

describe.each([
  ['evaluate', []],
  ['evaluate with ten crops', ['--crops', '10']],
])('%s', (_, flags) => {
  const run = (...more: string[]) =>
    runCommandLine('evaluate', at('model.safetensors'), at('data'), ...SMALL, ...flags, ...more);

  test('refuses the folder, or skips and counts them', async () => {
    const refused = await run();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/INVALID_DATASET: 1 of 3 files.*broken\.png/);
    const { code, stdout, stderr } = await run('--on-decode-error', 'skip', '--json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/Skipped: .*broken\.png/);
    expect(JSON.parse(stdout)).toMatchObject({
      images: 2,
      skipped: [{ index: 0, name: at('data/a/broken.png'), reason: expect.stringContaining('broken.png') }],
    });
    expect((await run('--on-decode-error', 'skip')).stdout).toContain('1 image skipped');
  });

  test('ends with status 1 where there is nothing else', async () => {
    for (const path of good()) writeFileSync(path, 'no image');
    const { code, stderr } = await run('--on-decode-error', 'skip');
    expect(code).toBe(1);
    expect(stderr).toMatch(/INVALID_DATASET: None of the 3 images can be read/);
  });
});

test('evaluate() takes the same policy', async () => {
  const model = await loadModel(at('model.safetensors'));
  const folder = await ImageFolder.open(at('data'), { checkFormats: false });
  const sizes = { resize: 32, crop: 32 };
  await expect(evaluate([model], folder, sizes)).rejects.toMatchObject(
    errorWith('INVALID_IMAGE', 'broken.png'),
  );
  const { images, skipped } = await evaluate([model], folder, { ...sizes, onDecodeError: 'skip' });
  expect([images, skipped.map(({ index }) => index)]).toEqual([2, [0]]);
  const misspelt = { ...sizes, onDecodeError: 'ignore' } as object;
  await expect(evaluate([model], folder, misspelt)).rejects.toMatchObject(
    errorWith('INVALID_ARGUMENT', 'onDecodeError'),
  );
  model.dispose();
});
