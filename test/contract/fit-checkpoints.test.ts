/** The checkpoints of a run: which ones there are, and where a run resumes. */
import { mkdir, rename, truncate } from 'node:fs/promises';
import { basename } from 'node:path';
import { type FitOptions, GoogLeNet, GoogLeNetError, readCheckpoint, Trainer } from '../../src/index';
import {
  dir,
  expectRunOf,
  file,
  folder,
  runTo,
  stepsIn,
  train,
  validation,
} from '../support/checkpointed-run';
import { errorWith } from '../support/errors';
import { build, expectOtherWeights, expectSameWeights, fit, weightsAfter } from '../support/fit';

describe('which checkpoints there are', () => {
  test('one after each epoch, of which two are kept, and the lock is gone', async () => {
    const { of, result } = await runTo(6);
    expect(of('checkpoint')).toEqual(
      [2, 4, 6].map((step) => ({ type: 'checkpoint', path: file(step), epoch: step / 2, step })),
    );
    expect(result.checkpoint).toBe(file(6));
    expect(await stepsIn()).toEqual([4, 6]);
  });

  test('also one every so many steps', async () => {
    const { of } = await runTo(7, { everyNTrainSteps: 3, saveLastK: 9 });
    expect(of('checkpoint').map(({ step }) => step)).toEqual([2, 3, 4, 6, 6, 7]);
    expect(await stepsIn()).toEqual([2, 3, 4, 6, 7]);
  });

  test('the last, the best and that of every so many epochs', async () => {
    const scores: [number, number][] = [];
    const { trainer } = build();
    const rules = { saveLastK: 1, saveTopK: 1, everyNEpochs: 2 };
    await fit(trainer, train, { epochs: 5, validation, checkpointDir: dir(), ...rules }, (event) => {
      if (event.type === 'epoch') scores.push([event.step, event.validation?.top1 ?? 0]);
    });
    const top = Math.max(...scores.map(([, score]) => score));
    const best = scores.find(([, score]) => score === top)?.[0];
    const expected = new Set([4, 8, 10, best]);
    expect(await stepsIn()).toEqual([...expected].sort((a, b) => Number(a) - Number(b)));
    expect(await readCheckpoint(file(best ?? 0))).toMatchObject({ score: top });
  });

  test('batches that cannot be read make none', async () => {
    const broken = { ...train, image: async () => Promise.reject(unreadable()) };
    const { trainer } = build();
    const loop = fit(trainer, broken, {
      steps: 1,
      checkpointDir: dir(),
      everyNTrainSteps: 1,
      onDecodeError: 'skip',
    });
    await expect(loop).rejects.toMatchObject(errorWith('INVALID_DATASET', 'None of the 4 images of epoch 1'));
    expect(await stepsIn()).toEqual([]);
  });

  test('they are where they were to be, although the program changes its folder', async () => {
    const before = process.cwd();
    process.chdir(folder());
    try {
      const { trainer } = build();
      const { result } = await fit(trainer, train, { epochs: 2, checkpointDir: 'run' }, () =>
        process.chdir(before),
      );
      expect(basename(result.checkpoint ?? '')).toBe('step-00000004.safetensors');
      expect(await stepsIn()).toEqual([2, 4]);
    } finally {
      process.chdir(before);
    }
  });
});

const unreadable = () => new GoogLeNetError('INVALID_IMAGE', 'no such image');

describe('where a run resumes', () => {
  test.each<[string, () => string]>([
    ['a file', () => file(3)],
    ['a folder', dir],
    ['auto', () => 'auto'],
  ])('%s', async (_, resume) => {
    await runTo(3);
    const { model, trainer } = build({}, 2);
    const { order } = await fit(trainer, train, { steps: 5, checkpointDir: dir(), resume: resume() });
    expect(order[0]).toBe(4);
    await expectRunOf(model, 5);
  });

  test('an earlier checkpoint: what came after it is replaced', async () => {
    await runTo(6);
    const { model, trainer } = build();
    const options = { steps: 5, checkpointDir: dir(), resume: file(4) };
    const { of } = await fit(trainer, train, options);
    expect(of('step').map(({ step }) => step)).toEqual([5]);
    expect(await stepsIn()).toEqual([4, 5]);
    await expectRunOf(model, 5);
  });

  test('another folder than the one it writes to', async () => {
    await runTo(2);
    const { model, trainer } = build();
    await fit(trainer, train, { steps: 3, checkpointDir: folder('other'), resume: dir() });
    expect(await stepsIn()).toEqual([2]);
    expect(await stepsIn(folder('other'))).toEqual([3]);
    await expectRunOf(model, 3);
  });

  test('a checkpoint that was loaded by hand', async () => {
    await runTo(3);
    const { model, trainer } = build();
    await trainer.loadCheckpoint(file(3));
    await fit(trainer, train, { steps: 5, checkpointDir: dir() });
    await expectRunOf(model, 5);
  });

  test('with EMA weights: the run ends with them and resumes from the others', async () => {
    const averaging = { emaDecay: 0.5 };
    const whole = build(averaging);
    await fit(whole.trainer, train, { steps: 5 });
    await runTo(3, {}, averaging);
    const { model, trainer } = build(averaging);
    await fit(trainer, train, { steps: 5, checkpointDir: dir(), resume: 'auto' });
    await expectSameWeights(model, await whole.model.stateDict());
    await expectSameWeights(model, await trainer.weights());
    await expectOtherWeights(model, await weightsAfter(train, { steps: 5 }));

    const on = fit(trainer, train, { steps: 6, checkpointDir: dir() });
    await expect(on).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'has ended', 'resume'));
    await fit(trainer, train, { steps: 6, checkpointDir: dir(), resume: 'auto' });
    await expectSameWeights(model, await weightsAfter(train, { steps: 6 }, averaging));
  });

  test('a damaged newest one is told of, and the one before it taken', async () => {
    await runTo(6);
    await truncate(file(6), 5000);
    const { model, trainer } = build();
    const { of } = await fit(trainer, train, { steps: 7, checkpointDir: dir(), resume: 'auto' });
    expect(of('warning')).toMatchObject([{ code: 'DAMAGED_CHECKPOINT', names: [file(6)] }]);
    expect(of('step').map(({ step }) => step)).toEqual([5, 6, 7]);
    await expectRunOf(model, 7);
  });

  test.each<[string, () => string, () => Promise<unknown>, Parameters<typeof errorWith>]>([
    ['a damaged file', () => file(4), () => truncate(file(4), 5000), ['INVALID_WEIGHTS']],
    ['a file that is not there', () => file(9), async () => undefined, ['FILE_NOT_FOUND']],
    [
      'a folder without checkpoints',
      () => folder('empty'),
      () => mkdir(folder('empty')),
      ['FILE_NOT_FOUND', 'no checkpoint'],
    ],
    [
      'auto where all are damaged',
      () => 'auto',
      () => Promise.all([2, 4].map((step) => truncate(file(step), 5000))),
      ['INVALID_CHECKPOINT', 'No checkpoint', 'Remove them'],
    ],
  ])('never from %s, which is an error that leaves the model as it is', async (_, resume, damage, error) => {
    await runTo(4);
    await damage();
    const { model, trainer } = build({}, 2);
    const before = await model.stateDict();
    const loop = fit(trainer, train, { steps: 5, checkpointDir: dir(), resume: resume() });
    await expect(loop).rejects.toMatchObject(errorWith(...error));
    await expectSameWeights(model, before);
  });

  test.each<[string, FitOptions, string]>([
    ['batches of another size', { batchSize: 3 }, 'batchSize 2'],
    ['another seed', { seed: 8 }, 'seed "0"'],
    ['other changes of images', { augment: 'plain' }, 'augment'],
  ])('not in the middle of an epoch with %s', async (_, options, mention) => {
    await runTo(3);
    await expect(runTo(5, options)).rejects.toMatchObject(errorWith('INVALID_CHECKPOINT', mention));
  });

  test('a model of other sizes is told apart', async () => {
    await runTo(1);
    const { trainer } = build();
    const model = new GoogLeNet({ numClasses: 3, auxLogits: false });
    await trainer.saveCheckpoint(folder('c.safetensors'));
    await expect(GoogLeNet.load(folder('c.safetensors'))).resolves.toMatchObject({ numClasses: 2 });

    await expect(new Trainer(model).loadCheckpoint(file(1))).rejects.toMatchObject(
      errorWith('WEIGHTS_MISMATCH'),
    );
  });
});

test('a history that has no room next to the names of many classes loses its oldest epochs', async () => {
  const classes = Array.from(
    { length: 12_000 },
    (_, i) => `class ${i} with a name of some fifty characters or more`,
  );
  using model = new GoogLeNet({ numClasses: classes.length, auxLogits: false, classes });

  const trainer = new Trainer(model);
  const scores = { loss: 1 / 3, mainLoss: 1 / 3, top1: 1 / 3, top5: 1 / 3 };
  const train = { ...scores, aux1Loss: null, aux2Loss: null, aux1Top1: null, aux2Top1: null };
  const history = Array.from({ length: 1000 }, (_, i) => ({
    ...{ epoch: i + 1, step: i + 1, lr: 1 / 3, train, validation: train, skipped: 0 },
    ...{ seconds: 1 / 3, imagesPerSecond: 1 / 3 },
  }));
  trainer.state = { ...trainer.state, epoch: 1000, globalStep: 1000, history };
  await trainer.saveCheckpoint(folder('many.safetensors'));
  const { state } = await readCheckpoint(folder('many.safetensors'));
  expect(state.history.length).toBeGreaterThan(100);
  expect(state.history).toEqual(history.slice(-state.history.length));
  await rename(folder('many.safetensors'), folder('again.safetensors'));
  await trainer.loadCheckpoint(folder('again.safetensors'));
});
