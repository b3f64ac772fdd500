/** Every architecture on the command line: trained, gone on with, looked at, converted, fine-tuned, scored together. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../support/child.js';
import { cli, MAIN, RECIPE, records, SAMPLE, start, workspace } from './cli.js';

const dir = workspace();
const path = (...names: string[]) => join(dir, ...names);
const IMAGE = 'images/test/1-trouser/003.png';
const ARCHITECTURES = ['reference', 'torchvision', 'paper', 'plain', 'xception'];
const weights = (architecture: string): string => `${architecture}/model.safetensors`;
/** The smallest images of those networks that take small ones. */
const SIZES: Readonly<Record<string, string[]>> = {
  torchvision: ['--crop', '32', '--resize', '36'],
  xception: ['--crop', '71', '--resize', '76'],
};
const sizesOf = (architecture: string): string[] => SIZES[architecture] ?? [];
const settingsOf = (run: string) => JSON.parse(readFileSync(path(run, 'settings.json'), 'utf8'));

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await cli(dir, ...args, '--json');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout);
};
const succeeds = async (...args: string[]) => {
  const result = await cli(dir, ...args);
  expect({ code: result.code, stderr: result.stderr }).toMatchObject({ code: 0 });
  return result.stdout;
};
/** What a PNG says of its size. */
const sizeOf = (png: Buffer) => [png.readUInt32BE(16), png.readUInt32BE(20)];

describe.each(ARCHITECTURES)('%s', (architecture) => {
  test('is trained, resumes, and is read again by every command', async () => {
    await succeeds(
      'train',
      ...RECIPE,
      '--architecture',
      architecture,
      ...sizesOf(architecture),
      '--out',
      architecture,
    );
    await succeeds('train', '--resume', architecture, '--epochs', '2');
    expect(records(path(architecture)).filter(({ type }) => type === 'epoch')).toHaveLength(2);
    expect(settingsOf(architecture).settings.architecture).toBe(architecture);
    expect(await json('info', weights(architecture))).toMatchObject({ architecture, numClasses: 2 });
    const scored = await json('evaluate', weights(architecture), 'images/test', ...sizesOf(architecture));
    expect(scored.images).toBe(16);
    expect(await succeeds('predict', weights(architecture), IMAGE)).toContain('1-trouser');
  });

  test('is drawn, and listed layer by layer', async () => {
    await succeeds('draw', `${architecture}.svg`, '--architecture', architecture);
    const svg = readFileSync(path(`${architecture}.svg`), 'utf8');
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
    expect(svg).toContain(architecture === 'xception' ? 'Xception' : 'aux 2');
    await succeeds('draw', `${architecture}.png`, '--weights', weights(architecture));
    expect(Math.min(...sizeOf(readFileSync(path(`${architecture}.png`))))).toBeGreaterThan(300);
    const { layers, parameters } = await json('info', '--architecture', architecture, '--layers');
    const sum = layers.reduce((n: number, layer: { parameters: number }) => n + layer.parameters, 0);
    expect(sum).toBe(parameters);
    expect(await succeeds('info', weights(architecture), '--layers')).toMatch(/^total .* [\d,]+ +[\d,]+$/m);
  });

  test('is converted for Python and back', async () => {
    await succeeds('convert', weights(architecture), `${architecture}.pth`);
    await succeeds('convert', `${architecture}.pth`, `${architecture}.safetensors`);
    const [there, back] = [
      await json('info', `${architecture}.pth`),
      await json('info', `${architecture}.safetensors`),
    ];
    expect(there).toMatchObject({ architecture, numClasses: 2 });
    expect({ ...back, path: '', bytes: 0 }).toEqual({ ...there, path: '', bytes: 0 });
  });

  test('explains an image', async () => {
    const stdout = await succeeds(
      'explain',
      weights(architecture),
      IMAGE,
      '--out',
      `${architecture}-cam.png`,
    );
    expect(stdout).toMatch(/^\S+-cam\.png: (0-t-shirt-top|1-trouser), [\d.]+ %, at \S+\n$/);
    expect(sizeOf(readFileSync(path(`${architecture}-cam.png`)))).toEqual([1100, 620]);
  });
});

describe('fine-tuning', () => {
  const tune = (out: string, ...more: string[]) =>
    cli(
      dir,
      ...['train', ...RECIPE, ...sizesOf('torchvision'), '--out', out],
      ...['--weights', weights('torchvision'), ...more],
    );

  test('for the same classes keeps the classifiers; frozen layers stay as they are', async () => {
    const flags = ['--freeze', 'conv1,conv2,conv3,inception3*', '--head-lr', '0.1', '--lr', '0.001'];
    const { code, stdout } = await tune('tuned', ...flags);
    expect(code).toBe(0);
    expect(stdout).toMatch(/head-lr +0\.1/);
    expect(settingsOf('tuned').settings).toMatchObject({ resetClassifier: false, headLr: 0.1 });
    const tensor = (file: string, name: string) => {
      const bytes = readFileSync(path(file));
      const length = Number(bytes.readBigUInt64LE());
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
      const [from, to] = header[name].data_offsets;
      return bytes.subarray(8 + length + from, 8 + length + to);
    };
    const isSame = (name: string) =>
      tensor(weights('tuned'), name).equals(tensor(weights('torchvision'), name));
    expect(isSame('inception3b.branch2.0.conv.weight')).toBe(true);
    expect(isSame('inception4a.branch2.0.conv.weight')).toBe(false);
    expect(isSame('fc.weight')).toBe(false);
    await succeeds('train', '--resume', 'tuned', '--epochs', '2');
  });

  test('for other classes begins with new classifiers and says so', async () => {
    for (const name of ['5-sandal', '7-sneaker', '9-ankle-boot'])
      cpSync(join(SAMPLE, 'test', name), path('shoes', name), { recursive: true });
    const [, , ...recipe] = RECIPE;
    const run = [...recipe, ...sizesOf('torchvision')];
    const args = ['train', ...run, '--train', 'shoes', '--steps', '1', '--out', 'shoe'];
    const flags = args.filter((word, i) => word !== '--epochs' && args[i - 1] !== '--epochs');
    const { code, stderr } = await cli(dir, ...flags, '--weights', weights('torchvision'));
    expect(code).toBe(0);
    expect(stderr).toContain('is for other classes: its classifiers are re-initialized');
    expect(settingsOf('shoe').settings.resetClassifier).toBe(true);
    expect((await json('info', weights('shoe'))).classes).toEqual(['5-sandal', '7-sneaker', '9-ankle-boot']);
  });

  test('for the same classes begins with new classifiers where it is told to', async () => {
    expect(await tune('fresh', '--reset-classifier')).toMatchObject({ code: 0 });
    expect(settingsOf('fresh').settings.resetClassifier).toBe(true);
  });

  test.each([
    [
      'torchvision',
      "new GoogLeNet({ variant: 'torchvision', numClasses: 2, transformInput: true, dropout: 0.6 })",
    ],
    [
      'xception',
      "new Xception({ numClasses: 2, order: 'pointwise-first', reluBetween: true, dropout: 0.1 })",
    ],
  ])('of %s resumes with what no setting says', async (architecture, model) => {
    const program = `const { GoogLeNet, Xception } = require(${JSON.stringify(PACKAGE_ROOT)});
      const model = ${model}; model.save('special.safetensors').then(() => console.log(JSON.stringify(model.describe())));`;
    const { stdout } = await start(process.execPath, ['-e', program], dir).result;
    const out = `special-${architecture}`;
    const run = [...RECIPE, ...sizesOf(architecture), '--out', out];
    const args = ['train', ...run, '--weights', 'special.safetensors', '--no-aux-logits'];
    await succeeds(...(architecture === 'xception' ? args.slice(0, -1) : args));
    const description = () => {
      const bytes = readFileSync(path(weights(out)));
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())));
      const { auxLogits: _, classes: __, ...rest } = JSON.parse(header.__metadata__.googlenet).model;
      return rest;
    };
    const { auxLogits: _, ...expected } = JSON.parse(stdout);
    expect(description()).toEqual(expected);
    await succeeds('train', '--resume', out, '--epochs', '2');
    expect(description()).toEqual(expected);
  });

  test('resumes a run of before there was such a thing', async () => {
    await succeeds('train', ...RECIPE, '--out', 'older');
    const { settings, ...rest } = settingsOf('older');
    for (const name of ['architecture', 'resetClassifier', 'headLr', 'freeze']) delete settings[name];
    writeFileSync(path('older/settings.json'), JSON.stringify({ ...rest, settings }));
    await succeeds('train', '--resume', 'older', '--epochs', '2');
  });

  test.each([
    [
      'another architecture than the file’s',
      ['--architecture', 'paper', '--crop', '224', '--resize', '256'],
      /INVALID_ARGUMENT: .*'torchvision'/,
    ],
    ['a pattern that matches nothing', ['--freeze', 'inception_9*'], /INVALID_ARGUMENT: .*'inception_9\*'/],
  ])('%s is refused', async (_, flags, message) => {
    const { code, stderr } = await tune('refused', ...flags);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(existsSync(path('refused'))).toBe(false);
  });
});

describe('evaluate', () => {
  const models = [weights('torchvision'), weights('tuned')];
  const sizes = sizesOf('torchvision');

  test('averages crops and models, with a confusion matrix', async () => {
    const args = ['evaluate', '--crops', '10', ...sizes, ...models, 'images/test'];
    const result = await json(...args);
    expect(result).toMatchObject({ weights: models, crops: 10, images: 16, top5: 1 });
    expect(result.classes.map(({ support }: { support: number }) => support)).toEqual([8, 8]);
    const right = result.confusion[0][0] + result.confusion[1][1];
    expect(right / 16).toBe(result.top1);
    const text = await succeeds(...args, '--confusion-matrix');
    expect(text).toContain('16 images of images/test, 10 crops of each');
    expect(text).toMatch(/^class \\ predicted +0-t-shirt-top +1-trouser$/m);
  });

  test('one model and one crop give a confusion matrix too', async () => {
    const { confusion, classes } = await json('evaluate', weights('torchvision'), 'images/test', ...sizes);
    expect(confusion.map(([a = 0, b = 0]: number[]) => a + b)).toEqual([8, 8]);
    expect([confusion[0][0], confusion[1][1]]).toEqual(
      classes.map(({ correct }: { correct: number }) => correct),
    );
  });

  test.each([
    ['a precision with several models', ['--precision', 'bfloat16', ...models], 2, /one model and one crop/],
    [
      'a size with sizes of its own',
      ['--crops', '144', '--resize', '300', ...models],
      2,
      /--resize means nothing/,
    ],
    ['another number of crops', ['--crops', '5', weights('reference')], 2, /144/],
    ['a model that is not there', [...models, 'nowhere.pth'], 1, /^FILE_NOT_FOUND: .*nowhere\.pth/],
  ])('%s is refused', async (_, args, status, message) => {
    const { code, stderr } = await cli(dir, 'evaluate', ...args, 'images/test');
    expect(code).toBe(status);
    expect(stderr).toMatch(message);
  });
});

describe('info, convert, draw, explain and download', () => {
  test('the classic arithmetic', async () => {
    expect(await json('info', '--arithmetic')).toEqual({
      direct: 163_840_000,
      reduced: 16_384_000,
      fullyConnected: 51_380_224,
    });
    expect(await succeeds('info', '--arithmetic')).toContain('163,840,000');
  });

  test('published weights become a file with the names of their classes', async () => {
    const program = `const { GoogLeNet } = require(${JSON.stringify(PACKAGE_ROOT)});
      const model = new GoogLeNet({ variant: 'torchvision', seed: 1 });
      model.save('published.safetensors').then(() => model.dispose());`;
    await start(process.execPath, ['-e', program], dir).result;
    await succeeds('convert', 'published.safetensors', 'published.pth');
    const sha256 = createHash('sha256')
      .update(readFileSync(path('published.pth')))
      .digest('hex');
    // In the list of what is published, a file of this test.
    const registry = JSON.stringify(join(PACKAGE_ROOT, 'dist/hub/published.js'));
    writeFileSync(
      path('register.cjs'),
      `require(${registry}).PUBLISHED.push({ name: 'test', file: 'x.pth', baseUrl: '', sha256: '${sha256}', maxBytes: 1e9 });`,
    );
    const args = ['-r', path('register.cjs'), MAIN, 'download', 'test', 'named.safetensors'];
    const from = ['--from', 'published.pth'];
    const result = await start(process.execPath, [...args, ...from], dir).result;
    expect(result).toMatchObject({ code: 0, stdout: 'named.safetensors\n' });
    const { classes, architecture, auxLogits } = await json('info', 'named.safetensors');
    expect({ architecture, auxLogits }).toEqual({ architecture: 'torchvision', auxLogits: true });
    expect([classes.length, classes[281]]).toEqual([1000, 'tabby']);
  });

  test('a published file that is another is refused', async () => {
    const { code, stderr } = await cli(
      dir,
      'download',
      'imagenet1k-v1',
      'out.safetensors',
      '--from',
      weights('paper'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^INVALID_WEIGHTS: .*googlenet-1378be20\.pth/);
    expect(existsSync(path('out.safetensors'))).toBe(false);
  });

  test.each([
    [
      'convert to an unknown format',
      ['convert', 'reference/model.safetensors', 'x.onnx'],
      /INVALID_ARGUMENT: x\.onnx must end/,
    ],
    [
      'draw in an unknown format',
      ['draw', 'x.pdf'],
      /INVALID_ARGUMENT: .* must end with \.svg or \.png, but is x\.pdf/,
    ],
    ['draw an unknown architecture', ['draw', 'x.svg', '--architecture', 'vgg'], /Allowed choices/],
    [
      'explain an unknown class',
      ['explain', 'reference/model.safetensors', IMAGE, '--class', 'hat'],
      /INVALID_ARGUMENT: .*"hat"/,
    ],
    [
      'explain into another format',
      ['explain', 'reference/model.safetensors', IMAGE, '--out', 'x.jpg'],
      /must end with \.png/,
    ],
    [
      'the arithmetic of a file',
      ['info', 'x.pth', '--arithmetic'],
      /takes neither a file nor --architecture/,
    ],
    ['tensors and layers', ['info', 'x.pth', '--layers', '--tensors'], /cannot be used with --layers/],
    [
      'a drawing without heads of what has none',
      ['draw', 'x.svg', '--architecture', 'xception', '--no-aux-logits'],
      /needs a variant of GoogLeNet/,
    ],
    ['info of nothing', ['info'], /give a file of weights, or --architecture/],
    [
      'download unknown weights',
      ['download', 'imagenet22k', 'x.safetensors'],
      /INVALID_ARGUMENT: .*imagenet1k-v1/,
    ],
  ])('%s fails with the reason', async (_, args, message) => {
    const { code, stdout, stderr } = await cli(dir, ...args);
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });

  test('a pickle that would run code is refused and named', async () => {
    // What torch.save wrote before it wrote ZIP archives, with a call of os.system inside.
    const head = Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de9032e80027d2e', 'hex');
    writeFileSync(
      path('malformed.pth'),
      Buffer.concat([head, Buffer.from('\x80\x02cos\nsystem\nU\x04true\x85R.', 'latin1')]),
    );
    const { code, stderr } = await cli(dir, 'info', 'malformed.pth');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^UNSAFE_PICKLE: .*os\.system/);
  });
});
