import { copyFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../support/child.js';
import { cli, RECIPE, records, startCli, until, workspace } from './cli.js';

const dir = workspace();
const path = (...names: string[]) => join(dir, ...names);
const MODEL = 'run/model.safetensors';
const CHECKPOINT = 'run/checkpoints/step-00000002.safetensors';
const IMAGE = 'images/test/1-trouser/003.png';

beforeAll(async () => {
  expect(await cli(dir, 'train', ...RECIPE, '--out', 'run')).toMatchObject({ code: 0 });
});

describe('evaluate', () => {
  test('a saved model scores what it scored at the end of its training', async () => {
    const { code, stdout } = await cli(dir, 'evaluate', MODEL, 'images/test', '--json');
    expect(code).toBe(0);
    const scores = JSON.parse(stdout);
    const validation = records(path('run')).at(-1)?.validation as { loss: number; top1: number };
    expect(scores).toMatchObject({ images: 16, top1: validation.top1, top5: 1 });
    // The same terms in another order.
    expect(scores.loss).toBeCloseTo(validation.loss, 5);
    expect(scores.classes.map(({ name, support }: Record<string, unknown>) => [name, support])).toEqual([
      ['0-t-shirt-top', 8],
      ['1-trouser', 8],
    ]);
  });

  test('results are for stdout, progress is for stderr', async () => {
    const { code, stdout, stderr } = await cli(dir, 'evaluate', CHECKPOINT, 'images/test');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^loss \d+\.\d{4} {2}top-1 [\d.]+ % {2}top-5 100\.00 %$/m);
    expect(stdout).toMatch(/^means over classes: precision [\d.]+ % {2}recall [\d.]+ % {2}F1 [\d.]+ %$/m);
    expect(stdout).toMatch(/^class +taken for +images$|^No class was taken for another one\.$/m);
    expect(stdout).not.toMatch(/^class +images/m);
    expect(stderr).toMatch(/^evaluation {2}\d+\/16 {2}[\d.]+ images\/s/);
  });

  test('--per-class and --confusion-matrix print the whole tables', async () => {
    const flags = ['--per-class', '--confusion-matrix'];
    const { code, stdout } = await cli(dir, 'evaluate', MODEL, 'images/test', ...flags);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^class +images +precision +recall +F1 +loss$/m);
    expect(stdout).toMatch(/^1-trouser +8( +[\d.]+ %){3} +\d+\.\d{4}$/m);
    expect(stdout).toMatch(/^class \\ predicted +0-t-shirt-top +1-trouser$/m);
    expect(stdout).not.toContain('taken for');
  });

  test('the plan of an engine is evaluated as its weights are', async () => {
    const { Engine, GoogLeNet } = require(PACKAGE_ROOT) as typeof import('../../src/index.js');
    using model = await GoogLeNet.load(path(MODEL));
    using engine = await model.optimize();
    expect(engine).toBeInstanceOf(Engine);
    await engine.save(path('model.plan'));
    const evaluated = async (file: string) =>
      JSON.parse((await cli(dir, 'evaluate', file, 'images/test', '--json')).stdout);
    const [ofModel, ofPlan] = [await evaluated(MODEL), await evaluated('model.plan')];
    expect(ofPlan).toMatchObject({ weights: ['model.plan'], images: 16, top1: ofModel.top1, aux1Loss: null });
    expect(ofPlan.confusion).toEqual(ofModel.confusion);
    expect(ofPlan.loss).toBeCloseTo(ofModel.mainLoss, 3);
    const both = await cli(dir, 'evaluate', MODEL, 'model.plan', 'images/test');
    expect(both.stdout).toContain('16 images of images/test, 1 crop of each');
    const refused = await cli(dir, 'evaluate', 'model.plan', 'images/test', '--precision', 'bfloat16');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('--precision is for weights');
  });

  test('Ctrl-C ends it without a result', async () => {
    const run = startCli(dir, 'evaluate', MODEL, 'images/test', '--batch-size', '1', '--threads', '1');
    await until(run, () => run.output.stderr.includes('evaluation'));
    run.child.kill('SIGINT');
    expect(await run.result).toMatchObject({ code: 130, stdout: '' });
  });

  test('a folder with other classes than the model is refused', async () => {
    renameSync(path('images/train/0-t-shirt-top'), path('images/train/0-shirt'));
    const { code, stdout, stderr } = await cli(dir, 'evaluate', MODEL, 'images/train');
    renameSync(path('images/train/0-shirt'), path('images/train/0-t-shirt-top'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^INVALID_DATASET: .*0-shirt.*0-t-shirt-top/);
  });
});

describe('predict', () => {
  test('prints the best classes of the main head', async () => {
    const { code, stdout } = await cli(dir, 'predict', MODEL, IMAGE);
    expect(code).toBe(0);
    const [title, ...ranks] = stdout.trimEnd().split('\n');
    expect(title).toBe(IMAGE);
    expect(ranks).toHaveLength(2);
    for (const rank of ranks) expect(rank).toMatch(/^ +\d {2}[01]-[\w-]+ +[01]\.\d{4}$/);
    const all = await cli(dir, 'predict', MODEL, IMAGE, '--json', '--aux-heads');
    const alone = await cli(dir, 'predict', MODEL, IMAGE, '--json');
    expect(JSON.parse(alone.stdout).predictions[0]).toEqual({
      ...JSON.parse(all.stdout).predictions[0],
      aux1: null,
      aux2: null,
    });
  });

  test('--aux-heads prints the three heads side by side', async () => {
    const { code, stdout } = await cli(dir, 'predict', MODEL, IMAGE, '--aux-heads');
    expect(code).toBe(0);
    const [title, heads, ...ranks] = stdout.trimEnd().split('\n');
    expect(title).toBe(IMAGE);
    expect(heads).toMatch(/^ +main +aux1 +aux2$/);
    expect(ranks).toHaveLength(2);
    for (const rank of ranks) expect(rank).toMatch(/^ +\d( {2}[01]-[\w-]+ +[01]\.\d{4}){3}$/);
  });

  test('--json prints one document for all images', async () => {
    const { stdout } = await cli(
      dir,
      'predict',
      MODEL,
      IMAGE,
      IMAGE,
      '--json',
      '--top-k',
      '1',
      '--aux-heads',
    );
    const { predictions } = JSON.parse(stdout);
    expect(predictions).toHaveLength(2);
    expect(predictions[0]).toEqual(predictions[1]);
    expect(predictions[0].aux2).toEqual([
      { label: expect.any(String), index: expect.any(Number), probability: expect.any(Number) },
    ]);
  });

  test('an unreadable image is named', async () => {
    writeFileSync(path('broken.png'), 'not an image');
    const { code, stderr } = await cli(dir, 'predict', MODEL, 'broken.png');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^INVALID_IMAGE: .*broken\.png/);
  });
});

describe('info', () => {
  test('tells weights from a checkpoint', async () => {
    const weights = await cli(dir, 'info', MODEL);
    expect(weights.stdout).toMatch(/type +weights/);
    expect(weights.stdout).toMatch(/names +0-t-shirt-top, 1-trouser/);
    const checkpoint = JSON.parse((await cli(dir, 'info', CHECKPOINT, '--json')).stdout);
    expect(checkpoint).toMatchObject({
      type: 'checkpoint',
      numClasses: 2,
      auxLogits: true,
      training: { epoch: 1, step: 0, globalStep: 2, auxWeight: 0.3 },
    });
    expect(checkpoint.tensors).toBeUndefined();
  });

  test('counts the parameters, and lists the tensors where asked to', async () => {
    const { stdout } = await cli(dir, 'info', MODEL, '--json', '--tensors');
    const { parameters, tensors } = JSON.parse(stdout);
    // 13,378,792 at 1000 classes; each class has 1025 numbers in each of three heads.
    expect(parameters).toBe(13_378_792 - 998 * 3 * 1025);
    expect(tensors).toContainEqual({ name: 'fc.weight', dtype: 'F32', shape: [2, 1024] });
    expect((await cli(dir, 'info', MODEL, '--tensors')).stdout).toMatch(/^fc\.weight +F32 +\[2, 1024\]$/m);
  });

  test('continues where nobody reads its output', async () => {
    const run = startCli(dir, 'info', MODEL, '--tensors');
    run.child.stdout?.destroy();
    expect(await run.result).toMatchObject({ code: 0, stderr: '' });
  });

  test('a truncated file is an error with a code', async () => {
    copyFileSync(path(MODEL), path('truncated.safetensors'));
    truncateSync(path('truncated.safetensors'), readFileSync(path(MODEL)).length - 4);
    for (const args of [['info'], ['predict', IMAGE], ['evaluate', 'images/test']]) {
      const [command = '', ...rest] = args;
      const { code, stderr } = await cli(dir, command, 'truncated.safetensors', ...rest);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^INVALID_WEIGHTS: .*truncated/);
    }
  });
});

test.each(['evaluate', 'predict'])(
  '%s without the device that was asked for fails with its code',
  async (command) => {
    const target = command === 'predict' ? IMAGE : 'images/test';
    const { code, stderr } = await cli(dir, command, MODEL, target, '--device', 'cuda:99');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^CUDA_UNAVAILABLE: /);
  },
);
