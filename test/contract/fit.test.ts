/** The loop as a program sees it: its events, what it refuses, and the ways out of it. */
import { readdir } from 'node:fs/promises';
import { type Dataset, type ErrorCode, type FitOptions, GoogLeNet, Trainer } from '../../src/index';
import { compareBits } from '../support/bits';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { build, expectSameWeights, fit, SIZE, SMALL, weightsAfter } from '../support/fit';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const train = memoryDataset(4);

describe('fit', () => {
  test('tells of every step, of the validation and of the epoch', async () => {
    const { order, of, result } = await fit(build().trainer, train, {
      epochs: 1,
      validation: memoryDataset(3),
    });
    expect(order).toEqual([1, 2, 'validation', 'validation', 'epoch', 'end']);
    expect(of('validation').map(({ done, total }) => [done, total])).toEqual([
      [2, 3],
      [3, 3],
    ]);
    expect(result).toMatchObject({ reason: 'completed', epoch: 1, step: 2, checkpoint: null });
    expect(of('end')).toEqual([{ type: 'end', ...result }]);
    const [epoch] = of('epoch');
    expect(result.history).toEqual([
      { ...epoch, type: undefined, validation: result.history[0]?.validation },
    ]);
    expect(epoch?.validation).toMatchObject(result.history[0]?.validation ?? {});
  });

  test.each<[string, ErrorCode, () => unknown, object]>([
    ['a dataset of no images', 'INVALID_DATASET', () => memoryDataset(0), {}],
    ['null as dataset', 'INVALID_ARGUMENT', () => null, {}],
    ['something else as dataset', 'INVALID_ARGUMENT', () => ({ length: 3, classes: ['a'] }), {}],
    [
      'more classes than the model has',
      'INVALID_DATASET',
      () => memoryDataset(4, { classes: ['a', 'b', 'c'] }),
      {},
    ],
    [
      'fewer images than a batch, with dropLast',
      'INVALID_DATASET',
      () => memoryDataset(1),
      { dropLast: true },
    ],
    [
      'everyNTrainSteps without a folder',
      'INVALID_ARGUMENT',
      () => memoryDataset(4),
      { everyNTrainSteps: 1 },
    ],
    ['a signal that is none', 'INVALID_ARGUMENT', () => memoryDataset(4), { signal: { aborted: false } }],
    [
      'a validation set of other classes',
      'INVALID_DATASET',
      () => memoryDataset(4),
      { validation: memoryDataset(2, { classes: ['b', 'a'] }) },
    ],
  ])('refuses %s with %s', async (_, code, dataset, options) => {
    const { trainer } = build();
    const loop = trainer.fit(dataset() as never, { epochs: 1, ...SMALL, ...options } as FitOptions);
    await expect(loop.next()).rejects.toMatchObject(errorWith(code));
  });

  test('refuses a dataset whose classes are not the model’s', async () => {
    using model = new GoogLeNet({
      variant: 'torchvision',
      numClasses: 2,
      auxLogits: false,
      classes: ['cat', 'dog'],
    });
    const loop = new Trainer(model).fit(train, { ...SMALL, epochs: 1 });
    await expect(loop.next()).rejects.toMatchObject(errorWith('INVALID_DATASET', 'class 0 is a and cat'));
  });
});

describe('a loop that is left', () => {
  const start = (trainer: Trainer, options: Partial<FitOptions> = {}) =>
    trainer.fit(train, { ...SMALL, epochs: 2, checkpointDir: folder('run'), ...options });

  test('early gives the trainer and the folder back, and the trainer continues from there', async () => {
    const { model, trainer } = build();
    for await (const { type } of start(trainer)) if (type === 'step') break;
    expect(await readdir(folder('run'))).toEqual([]);
    for await (const { type } of start(trainer)) if (type === 'checkpoint') break;
    for await (const _ of start(trainer));
    await expectSameWeights(model, await weightsAfter(train, { epochs: 2 }));
  });

  test.each(['step', 'epoch', 'checkpoint', 'end'])(
    'by an error at the event %s is left, too',
    async (at) => {
      const { trainer } = build();
      const look = async () => {
        for await (const { type } of start(trainer)) if (type === at) throw new Error('mine');
      };
      await expect(look()).rejects.toThrow('mine');
      expect((await readdir(folder('run'))).filter((name) => name.startsWith('.'))).toEqual([]);
      for await (const _ of start(trainer));
      expect(trainer.state).toMatchObject({ epoch: 2, globalStep: 4 });
    },
  );

  test('by one fit: a second one at the same time is refused', async () => {
    const { trainer } = build();
    const first = start(trainer);
    await first.next();
    const second = start(trainer).next();
    await expect(second).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'middle of a fit'));
    await first.return(undefined as never);
    expect((await fit(trainer, train, { epochs: 2 })).result).toMatchObject({ reason: 'completed', step: 4 });
  });

  test.each<[string, (built: ReturnType<typeof build>) => void]>([
    ['trainer', ({ trainer }) => trainer.dispose()],
    ['model', ({ model }) => model.dispose()],
  ])('by its %s, which is disposed, fails with DISPOSED and gives the folder back', async (_, dispose) => {
    const built = build();
    const options = { epochs: 2, validation: train, checkpointDir: folder('run') };
    const loop = fit(built.trainer, train, options, ({ type }) => type === 'validation' && dispose(built));
    await expect(loop).rejects.toMatchObject(errorWith('DISPOSED'));
    expect(await readdir(folder('run'))).toEqual([]);
  });

  test('by an image that fails is left with what it failed with', async () => {
    const failing: Dataset = { ...train, image: () => Promise.reject(new TypeError('no pixels')) };
    const loop = fit(build().trainer, failing, {
      epochs: 1,
      checkpointDir: folder('run'),
      onDecodeError: 'skip',
    });
    await expect(loop).rejects.toThrow(new TypeError('no pixels'));
    expect(await readdir(folder('run'))).toEqual([]);
  });
});

test('a trainer that is disposed leaves the gradients of another one on the same model', async () => {
  const { model, trainer } = build();
  const old = new Trainer(model);
  const batch = { data: new Uint8Array(2 * SIZE * SIZE * 3), shape: [2, SIZE, SIZE, 3] };
  await old.step(batch, [0, 1]);
  await trainer.step(batch, [1, 0]);
  const before = await trainer.gradients();
  old.dispose();
  expect(compareBits(await trainer.gradients(), before)).toMatchObject({ differing: 0 });
  trainer.dispose();
  await expect(new Trainer(model).gradients()).rejects.toMatchObject(errorWith('INVALID_ARGUMENT'));
});
