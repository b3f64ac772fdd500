/** Every flag of `googlenet train` in a run that shows its effect. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadAddon } from '../../src/native/load.js';
import { SETTING_NAMES } from '../../src/run/settings.js';
import { idxFile } from '../support/idx.js';
import { cli, records, workspace } from './cli.js';
import { checkpoints } from './trainings.js';

const dir = workspace();
const path = (name: string) => `${dir}/${name}`;
const settingsOf = (run: string) => JSON.parse(readFileSync(path(`${run}/settings.json`), 'utf8'));
const rows = (run: string, type: string) => records(path(run)).filter((record) => record.type === type);

/** As a user types them. */
const typed = (flags: Record<string, string | number | boolean>): string[] =>
  Object.entries(flags).flatMap(([name, value]) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (typeof value === 'boolean') return [value ? `--${flag}` : `--no-${flag}`];
    return [`--${flag}`, String(value)];
  });

const PAPER = {
  ...{ steps: 5, batchSize: 4, gradientAccumulationSteps: 2, seed: 5, patience: 3, patienceMetric: 'loss' },
  ...{ everyNTrainSteps: 1, saveLastK: 3, saveTopK: 1, everyNEpochs: 1 },
  ...{ lr: 0.02, momentum: 0.8, dampening: 0.1, weightDecay: 0.001, fused: true, maxGradNorm: 0.5 },
  ...{ emaDecay: 0.5, schedule: 'polynomial', power: 0.5, warmupSteps: 2 },
  ...{ auxWeight: 0.2, labelSmoothing: 0.1, classWeights: '1,2', dropout: 0.2, dropoutAux: 0.3 },
  ...{ resize: 240, crop: 223, augment: 'plain', onDecodeError: 'skip', maxPixels: 784, autoOrient: false },
  ...{ device: 'cpu', threads: 1, channelsLast: false, precision: 'bfloat16' },
};
/** Of libtorch, for the whole process. */
const SWITCHES = {
  ...{ cudnnBenchmark: true, cudnnAllowTf32: false, matmulAllowTf32: true, cudnnDeterministic: true },
  deterministicAlgorithms: true,
};
const SPLIT = {
  ...SWITCHES,
  ...{ epochs: 2, batchSize: 3, threads: 1, nesterov: true, schedule: 'step', stepSize: 1, gamma: 0.5 },
  ...{ auxLogits: false, initWeights: false, validationSplit: 0.25, classWeights: 'balanced' },
  ...{ architecture: 'torchvision', transformInput: true, headLr: 0.1, freeze: 'inception3*,conv1' },
};

/** Of weights that are trained further: `architectures.long.test.ts`. */
const FINE_TUNING = ['resetClassifier'];

test('every setting is in one of the runs', () => {
  const seen = new Set([...Object.keys(PAPER), ...Object.keys(SPLIT), ...FINE_TUNING]);
  expect(SETTING_NAMES.filter((name) => !seen.has(name))).toEqual([]);
});

describe('a run with the flags of the paper and of a small machine', () => {
  beforeAll(async () => {
    writeFileSync(path('images/train/0-t-shirt-top/broken.png'), 'no image');
    const folders = ['--train', 'images/train', '--validation', 'images/test', '--out', 'paper'];
    const { code, stdout, stderr } = await cli(dir, 'train', ...folders, ...typed(PAPER));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/patience-metric +loss/);
    expect(stderr).toMatch(/^Warning: .*broken\.png is left out/m);
  });

  afterAll(() => rmSync(path('images/train/0-t-shirt-top/broken.png')));

  test('writes them down as they were typed', () => {
    expect(settingsOf('paper').settings).toMatchObject(PAPER);
    expect(settingsOf('paper').validation).toMatchObject({ images: 16 });
  });

  test('has the steps, rates and norms that they say', () => {
    const steps = rows('paper', 'step');
    // 9 images, of which one is broken, in batches of 4: three steps an epoch.
    expect(steps.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 2, 2]);
    const rates = [0.01, 0.02, 0.02, 0.02 * Math.sqrt(2 / 3), 0.02 * Math.sqrt(1 / 3)];
    for (const [i, { lr, gradNorm }] of steps.entries()) {
      expect(lr).toBeCloseTo(rates[i] ?? Number.NaN, 12);
      expect(gradNorm).toBeGreaterThan(0);
    }
    expect(rows('paper', 'epoch').map(({ skipped }) => skipped)).toEqual([1, expect.any(Number)]);
    expect(checkpoints(path('paper'))).toEqual(expect.arrayContaining([3, 4, 5]));
  });

  test('leaves weights that evaluate scores as the run did', async () => {
    const flags = typed({ auxWeight: 0.2, resize: 240, crop: 223, channelsLast: false, threads: 1 });
    const args = ['evaluate', 'paper/best.safetensors', 'images/test', '--json', ...flags];
    const { loss, top1 } = JSON.parse((await cli(dir, ...args)).stdout);
    const scored = rows('paper', 'epoch').map(
      ({ validation }) => validation as { loss: number; top1: number },
    );
    const best = scored.reduce((one, other) => (other.top1 > one.top1 ? other : one));
    expect(top1).toBeCloseTo(best.top1, 6);
    // The run computed in bfloat16.
    expect(Math.abs(loss / best.loss - 1)).toBeLessThan(0.02);
  });
});

describe('a run that validates on a share of its images', () => {
  beforeAll(async () => {
    const args = ['--train', 'images/test', '--out', 'split', ...typed(SPLIT)];
    expect(await cli(dir, 'train', ...args)).toMatchObject({ code: 0 });
  });

  test('has no auxiliary heads, halves its rate, and parts the images by class', async () => {
    const { settings, train, validation } = settingsOf('split');
    expect(settings).toMatchObject(SPLIT);
    expect([train.images, validation.images]).toEqual([12, 4]);
    expect(rows('split', 'step').map(({ lr, aux1Loss }) => [lr, aux1Loss])).toEqual(
      [0.01, 0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005].map((lr) => [lr, null]),
    );
  });

  test('sets the switches of libtorch', () => {
    expect(loadAddon().backends()).toMatchObject({ ...SWITCHES, deterministicWarnOnly: true });
  });

  test('resumes with the same share, also where its images have moved', async () => {
    const more = ['train', '--resume', 'split', '--epochs', '3', '--train', 'images/test'];
    expect(await cli(dir, ...more)).toMatchObject({ code: 0 });
    expect(rows('split', 'epoch')).toHaveLength(3);
    expect(settingsOf('split').validation.images).toBe(4);
    const other = await cli(dir, ...more, '--validation', 'images/test');
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--validation-split') });
  });
});

describe('idx files', () => {
  const images = Uint8Array.from({ length: 8 * 64 }, (_, i) => (i * 37) % 256);
  const labels = [0, 1, 0, 1, 0, 1, 0, 1];
  const FLAGS = ['--no-aux-logits', '--batch-size', '4', '--threads', '1', '--steps', '1'];

  beforeAll(async () => {
    mkdirSync(path('idx'));
    for (const prefix of ['train', 't10k']) {
      writeFileSync(path(`idx/${prefix}-images-idx3-ubyte`), idxFile([8, 8, 8], images));
      writeFileSync(path(`idx/${prefix}-labels-idx1-ubyte`), idxFile([8], labels));
    }
    const args = ['--data', 'idx', '--classes', 'zero, one', '--out', 'digits', ...FLAGS];
    expect(await cli(dir, 'train', ...args)).toMatchObject({ code: 0 });
  });

  test('are trained and validated on under the given names', () => {
    const { classes, train, validation } = settingsOf('digits');
    expect(classes).toEqual(['zero', 'one']);
    expect([train, validation]).toEqual([
      { folder: path('idx'), images: 8 },
      { folder: path('idx'), images: 8 },
    ]);
  });

  test('are evaluated as the run validated them', async () => {
    const { code, stdout } = await cli(
      dir,
      'evaluate',
      'digits/model.safetensors',
      'idx',
      '--json',
      '--threads',
      '1',
    );
    expect(code).toBe(0);
    const { images: count, top1, classes } = JSON.parse(stdout);
    const scored = rows('digits', 'epoch').at(-1)?.validation as { top1: number };
    expect({ count, top1 }).toEqual({ count: 8, top1: scored.top1 });
    expect(classes.map(({ name }: { name: string }) => name)).toEqual(['zero', 'one']);
  });

  test('resume under the same names', async () => {
    expect(await cli(dir, 'train', '--resume', 'digits', '--steps', '2')).toMatchObject({ code: 0 });
    const named = await cli(dir, 'train', '--resume', 'digits', '--classes', 'a,b');
    expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be used with') });
  });
});

describe('flags that would mean nothing are wrong usage:', () => {
  const data = ['train', '--data', 'images', '--out', 'none', '--threads', '1'];
  test.each<[string, string[], string]>([
    [
      '--gamma without its schedule',
      ['--schedule', 'cosine', '--gamma', '0.5'],
      '--gamma needs --schedule step',
    ],
    ['--power without its schedule', ['--power', '2'], '--power needs --schedule polynomial'],
    ['--reset-classifier without --weights', ['--reset-classifier'], 'Give --weights'],
    [
      'auxiliary dropout of an architecture without such heads',
      ['--architecture', 'xception', '--dropout-aux', '0.5'],
      '--dropout-aux needs a variant of GoogLeNet',
    ],
    ['--patience-metric without --patience', ['--patience-metric', 'loss'], 'needs --patience'],
    ['--host without --dashboard', ['--host', '0.0.0.0'], '--host needs --dashboard'],
    ['--classes for folders of classes', ['--classes', 'a,b'], '--classes names those of idx files'],
    ['--epochs and --steps', ['--epochs', '1', '--steps', '1'], 'either --epochs or --steps'],
    ['--validation-split and validation images', ['--validation-split', '0.5'], 'Leave --validation-split'],
    ['more images in a batch than there can be', ['--batch-size', '70000'], '--batch-size'],
    ['weights of other classes', ['--class-weights', '1,2,3'], '2 numbers'],
    ['a port that is none', ['--dashboard', '70000'], '--dashboard'],
  ])('%s', async (_, flags, mention) => {
    const { code, stdout, stderr } = await cli(dir, ...data, ...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^INVALID_ARGUMENT: [^\n]+\n$/);
    expect(stderr).toContain(mention);
    expect(readdirSync(dir)).not.toContain('none');
  });

  test('--patience without images to validate on', async () => {
    const args = ['train', '--train', 'images/test', '--out', 'none', '--patience', '1'];
    const { code, stderr } = await cli(dir, ...args);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('--patience needs validation'),
    });
  });
});
