/** What else a run can be told: what a step computes, which pictures it sees and in what form. */
import { mkdir, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import {
  ArrayDataset,
  type Dataset,
  type FitOptions,
  GoogLeNet,
  GoogLeNetError,
  IdxDataset,
  lrAt,
  type Schedule,
  type StateDict,
  split,
  Trainer,
  type TrainerOptions,
} from '../../src/index';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { build, expectOtherWeights, expectSameWeights, fit, relabelled, weightsAfter } from '../support/fit';
import { idxFile } from '../support/idx';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const train = memoryDataset(4);
const PICTURES = {
  data: new Uint8Array(4 * 224 * 224 * 3).map((_, i) => (i * 7) % 251),
  shape: [4, 224, 224, 3],
};

/** One step on four pictures. */
async function step(options: TrainerOptions, labels: number[] = [0, 1, 1, 0]) {
  const { model, trainer } = build(options);
  const result = await trainer.step(PICTURES, labels);
  return { model, trainer, result };
}

describe('a step', () => {
  /** The weights after one that was told nothing. */
  let plain: StateDict;
  beforeAll(async () => {
    plain = await (await step({})).model.stateDict();
  });

  test('in parts has the gradients of the whole but for batch statistics, and may have more parts than pictures', async () => {
    const one = await step({ accumulation: 4 });
    const more = await step({ accumulation: 100 });
    expect(more.result).toEqual(one.result);
    await expectSameWeights(more.model, await one.model.stateDict());
    await expectOtherWeights(one.model, plain);
  });

  test('with clipNorm tells the norm, and one that is never reached changes nothing', async () => {
    const loose = await step({ clipNorm: 1e30 });
    const tight = await step({ clipNorm: 1e-3 });
    expect((await step({})).result.gradNorm).toBeNull();
    expect(loose.result.gradNorm).toBeGreaterThan(1e-3);
    expect(tight.result.gradNorm).toBe(loose.result.gradNorm);
    await expectSameWeights(loose.model, plain);
    await expectOtherWeights(tight.model, plain);
  });

  test.each<[string, TrainerOptions]>([
    ['labelSmoothing', { labelSmoothing: 0.1 }],
    ['classWeights', { classWeights: [1, 3] }],
    ['precision', { precision: 'bfloat16' }],
    ['weightDecay', { optimizer: { weightDecay: 0.1 } }],
  ])('with %s trains to other weights', async (_, options) => {
    await expectOtherWeights((await step(options)).model, plain);
  });

  test('with fused differs from the default by rounding only, with and without momentum', async () => {
    for (const momentum of [0, 0.9]) {
      const losses: number[] = [];
      for (const fused of [true, false]) {
        const { trainer } = await step({ optimizer: { fused, momentum } });
        losses.push((await trainer.step(PICTURES, [0, 1, 1, 0])).loss);
      }
      expect(losses[0]).toBeCloseTo(losses[1] ?? Number.NaN, 4);
    }
  });

  test.each([0, 0.2])(
    'in parts has its loss where one weighs nothing, smoothed by %d',
    async (labelSmoothing) => {
      // Both halves are alike, so that the statistics of a part are those of the whole.
      const half = PICTURES.data.subarray(0, PICTURES.data.length / 2);
      const pictures = { data: Buffer.concat([half, half]), shape: PICTURES.shape };
      const inParts = async (accumulation: number) => {
        const model = new GoogLeNet({ numClasses: 2, auxLogits: false, seed: 1, dropout: 0 });
        const trainer = new Trainer(model, { labelSmoothing, classWeights: [0, 2], accumulation });
        const { loss, correct } = await trainer.step(pictures, [0, 0, 1, 1]);
        return { loss, correct, weight: Number((await model.stateDict())['fc.weight']?.data[5]) };
      };
      const [whole, parts] = [await inParts(1), await inParts(2)];
      expect(parts.correct).toBe(whole.correct);
      expect(parts.loss).toBeCloseTo(whole.loss, 5);
      expect(parts.weight).toBeCloseTo(whole.weight, 6);
    },
  );

  test('of labels that all weigh nothing is refused, and leaves the weights', async () => {
    const { model, trainer } = build({ classWeights: [0, 1] });
    const before = await model.stateDict();
    await expect(trainer.step(PICTURES, [0, 0, 0, 0])).rejects.toMatchObject(
      errorWith('INVALID_LABEL', 'classWeights are 0'),
    );
    await expectSameWeights(model, before);
  });

  test.each<[string, TrainerOptions]>([
    ['classWeights of other classes', { classWeights: [1, 1, 1] }],
    ['classWeights of nothing', { classWeights: [0, 0] }],
    ['a weight below zero', { classWeights: [1, -1] }],
    ['clipNorm of zero', { clipNorm: 0 }],
    ['labels that are all smoothed', { labelSmoothing: 1 }],
    ['an average that never moves', { averageDecay: 1 }],
    ['no part', { accumulation: 0 }],
    ['half precision', { precision: 'float16' as never }],
    ['a gamma of another schedule', { schedule: { type: 'cosine', gamma: 0.5 } }],
  ])('%s is refused', (_, options) => {
    expect(() => build(options)).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT')));
  });
});

describe('averaged weights', () => {
  test('are scored in place of the last ones, and end in the model', async () => {
    const { model, trainer } = build({ averageDecay: 0.9 });
    const { of } = await fit(trainer, train, { epochs: 2, validation: train });
    const scored = of('epoch').at(-1)?.validation;
    expect((await trainer.validate(train, { resize: 224, batchSize: 2 })).loss).toBe(scored?.loss);
    const plain = await trainer.validate(train, { resize: 224, batchSize: 2, averaged: false });
    expect(plain.loss).toBe(scored?.loss);
    await expectSameWeights(model, await trainer.weights());
    await trainer.saveWeights(folder('w.safetensors'));
    using loaded = await GoogLeNet.load(folder('w.safetensors'));
    await expectSameWeights(loaded, await trainer.weights());
  });

  test('follow the weights, and the statistics of the model are its own', async () => {
    const { model, trainer } = build({ averageDecay: 0.5 });
    await trainer.step(PICTURES, [0, 1, 1, 0]);
    await expectSameWeights(model, await trainer.weights());
    const before = await model.stateDict();
    await trainer.step(PICTURES, [0, 1, 1, 0]);
    const [after, averaged] = [await model.stateDict(), await trainer.weights()];
    const at = (state: typeof before, name: string) => Number(state[name]?.data[0]);
    const weight = 'fc.weight';
    expect(at(averaged, weight)).toBeCloseTo((at(before, weight) + at(after, weight)) / 2, 6);
    const buffer = Object.keys(after).find((name) => name.endsWith('running_mean')) ?? '';
    expect(averaged[buffer]?.data).toEqual(after[buffer]?.data);
  });
});

describe('the learning rate', () => {
  const schedules: [string, Omit<Schedule, 'warmupSteps'>][] = [
    ['step', { type: 'step', stepSize: 1, gamma: 0.5 } as Schedule],
    ['constant', { type: 'constant' } as Schedule],
    ['polynomial', { type: 'polynomial', power: 0.5 } as Schedule],
    ['cosine', { type: 'cosine' } as Schedule],
  ];
  test.each(schedules)('of the steps is that of lrAt: %s', async (_, given) => {
    const schedule = { ...given, warmupSteps: 2 } as Schedule;
    const { trainer } = build({ schedule, optimizer: { lr: 0.02 } });
    const { of } = await fit(trainer, train, { steps: 5 });
    const expected = [0, 1, 2, 3, 4].map((step) =>
      lrAt({ epoch: Math.floor(step / 2), step, totalSteps: 5 }, 0.02, schedule),
    );
    expect(of('step').map(({ lr }) => lr)).toEqual(expected);
    expect(of('epoch').map(({ lr }) => lr)).toEqual([1, 3, 4].map((step) => expected[step]));
    expect(expected[0]).toBe(0.01);
  });

  test('of a run in epochs reaches its end with the last of them', async () => {
    const { trainer } = build({ schedule: { type: 'polynomial' }, optimizer: { lr: 0.04 } });
    const { of } = await fit(trainer, train, { epochs: 2 });
    expect(of('step').map(({ lr }) => lr)).toEqual([0.04, 0.03, 0.02, 0.01]);
    expect(trainer.lr).toBe(0);
  });
});

/** Some of whose pictures cannot be decoded. */
const broken = (dataset: Dataset, ...indices: number[]): Dataset => ({
  ...relabelled(dataset, (index) => dataset.label(index)),
  image: (index) =>
    indices.includes(index)
      ? Promise.reject(new GoogLeNetError('INVALID_IMAGE', `Picture ${index} is broken.`))
      : dataset.image(index),
  name: (index) => `${index}.png`,
});

describe('pictures that cannot be read', () => {
  test('end the run', async () => {
    const loop = fit(build().trainer, broken(train, 2), { epochs: 1 });
    await expect(loop).rejects.toMatchObject(errorWith('INVALID_IMAGE', 'Picture 2'));
  });

  test('are left out, told of and counted where that is wanted', async () => {
    const options: FitOptions = {
      epochs: 1,
      unreadable: 'skip',
      shuffle: false,
      validation: broken(train, 0),
    };
    const { of, order, result } = await fit(build().trainer, broken(train, 1), options);
    expect(order).toEqual(['warning', 1, 2, 'validation', 'validation', 'epoch', 'end']);
    expect(of('warning')).toMatchObject([{ code: 'UNREADABLE_IMAGE', names: ['1.png'] }]);
    expect(of('warning')[0]?.message).toContain('Picture 1 is broken.');
    expect(of('step').map(({ count }) => count)).toEqual([1, 2]);
    expect(of('epoch')[0]?.validation).toMatchObject({ count: 3, skipped: ['0.png'] });
    expect(result.history).toMatchObject([{ skipped: 1, step: 2 }]);
  });

  test('make no step where they are a whole batch, at the end of an epoch too', async () => {
    const options: FitOptions = { epochs: 2, unreadable: 'skip', shuffle: false };
    const { order, result } = await fit(build().trainer, broken(train, 2, 3), options);
    expect(order).toEqual([1, 'warning', 'epoch', 2, 'warning', 'epoch', 'end']);
    expect(result).toMatchObject({ reason: 'completed', epoch: 2, step: 2 });
  });

  test.each<[string, FitOptions]>([
    ['an epoch', {}],
    ['a validation', { validation: broken(train, 0, 1, 2, 3) }],
  ])('are an error where they are all of %s', async (what, options) => {
    const source = what === 'an epoch' ? broken(train, 0, 1, 2, 3) : train;
    const loop = fit(build().trainer, source, { epochs: 1, unreadable: 'skip', ...options });
    await expect(loop).rejects.toMatchObject(errorWith('INVALID_DATASET', 'None of the 4'));
  });
});

describe('the pictures of a run', () => {
  const counts = async (options: FitOptions, source = train) =>
    (await fit(build().trainer, source, { epochs: 1, ...options })).of('step').map(({ count }) => count);

  test('come in batches of a size, of which the last may be smaller or left out', async () => {
    expect(await counts({ batchSize: 3 })).toEqual([3, 1]);
    expect(await counts({ batchSize: 3, dropLast: true })).toEqual([3]);
  });

  test('come in shards', async () => {
    expect(await counts({ shard: { rank: 1, of: 2 } })).toEqual([2]);
    const { model, trainer } = build();
    await fit(trainer, train, { epochs: 1, shard: { rank: 0, of: 2 } });
    await expectOtherWeights(model, await weightsAfter(train, { epochs: 1, shard: { rank: 1, of: 2 } }));
  });

  test.each<[string, FitOptions]>([
    ['seed', { seed: 5 }],
    ['shuffle', { shuffle: false, seed: 1 }],
    ['crop', { crop: 223 }],
    ['augment', { augment: 'paper' }],
  ])('are others with %s, and the same when the run is repeated', async (_, options) => {
    const source = memoryDataset(5);
    const first = build();
    await fit(first.trainer, source, { epochs: 1, seed: 1, ...options });
    await expectSameWeights(first.model, await weightsAfter(source, { epochs: 1, seed: 1, ...options }));
    await expectOtherWeights(first.model, await weightsAfter(source, { epochs: 1, seed: 1 }));
  });

  test('may be a part of a dataset, an array or idx files, with the same bits', async () => {
    const grey = Uint8Array.from({ length: 6 * 16 }, (_, i) => (i * 37) % 256);
    const labels = [0, 1, 0, 1, 0, 1];
    await mkdir(folder('idx'));
    await writeFile(folder('idx/train-images-idx3-ubyte'), idxFile([6, 4, 4], grey));
    await writeFile(folder('idx/train-labels-idx1-ubyte'), idxFile([6], labels));
    const classes = ['a', 'b'];
    const array = new ArrayDataset({ images: { data: grey, shape: [6, 4, 4] }, labels, classes });
    const idx = await IdxDataset.open(folder('idx'), { split: 'train', classes });
    const parts = [array, idx].map((dataset) => split(dataset, { fraction: 0.7, seed: 3 }));
    const runs: object[] = [];
    for (const [rest, held] of parts) {
      const { model, trainer } = build();
      const { of } = await fit(trainer, rest, { epochs: 1, validation: held });
      const losses = of('step').map(({ loss }) => loss);
      const bytes = Buffer.concat(
        Object.values(await model.stateDict()).map(
          ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        ),
      );
      runs.push({ losses, validation: of('epoch')[0]?.validation, crc: crc32(bytes) });
    }
    const [one, other] = runs;
    expect(one).toEqual(other);
    expect(one).toMatchObject({ validation: { count: 2 } });
  });
});
