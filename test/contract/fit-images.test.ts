/** Which images a run sees, and in what form. */
import { mkdir, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import {
  ArrayDataset,
  type Dataset,
  type FitOptions,
  GoogLeNetError,
  IdxDataset,
  split,
} from '../../src/index';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { build, expectOtherWeights, expectSameWeights, fit, relabelled, weightsAfter } from '../support/fit';
import { idxFile } from '../support/idx';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const train = memoryDataset(4);

/** Some of whose images cannot be decoded. */
const broken = (dataset: Dataset, ...indices: number[]): Dataset => ({
  ...relabelled(dataset, (index) => dataset.label(index)),
  image: (index) =>
    indices.includes(index)
      ? Promise.reject(new GoogLeNetError('INVALID_IMAGE', `Image ${index} is broken.`))
      : dataset.image(index),
  name: (index) => `${index}.png`,
});

describe('images that cannot be read', () => {
  test('end the run', async () => {
    const loop = fit(build().trainer, broken(train, 2), { epochs: 1 });
    await expect(loop).rejects.toMatchObject(errorWith('INVALID_IMAGE', 'Image 2'));
  });

  test('are left out, told of and counted where that is wanted', async () => {
    const options: FitOptions = {
      epochs: 1,
      onDecodeError: 'skip',
      shuffle: false,
      validation: broken(train, 0),
    };
    const { of, order, result } = await fit(build().trainer, broken(train, 1), options);
    expect(order).toEqual(['warning', 1, 2, 'validation', 'validation', 'epoch', 'end']);
    expect(of('warning')).toMatchObject([{ code: 'UNREADABLE_IMAGE', names: ['1.png'] }]);
    expect(of('warning')[0]?.message).toContain('Image 1 is broken.');
    expect(of('step').map(({ count }) => count)).toEqual([1, 2]);
    expect(of('epoch')[0]?.validation).toMatchObject({ images: 3, skipped: [{ name: '0.png' }] });
    expect(result.history).toMatchObject([{ skipped: 1, step: 2 }]);
  });

  test('make no step where they are a whole batch, at the end of an epoch too', async () => {
    const options: FitOptions = { epochs: 2, onDecodeError: 'skip', shuffle: false };
    const { order, result } = await fit(build().trainer, broken(train, 2, 3), options);
    expect(order).toEqual([1, 'warning', 'epoch', 2, 'warning', 'epoch', 'end']);
    expect(result).toMatchObject({ reason: 'completed', epoch: 2, step: 2 });
  });

  test.each<[string, FitOptions]>([
    ['an epoch', {}],
    ['a validation', { validation: broken(train, 0, 1, 2, 3) }],
  ])('are an error where they are all of %s', async (what, options) => {
    const source = what === 'an epoch' ? broken(train, 0, 1, 2, 3) : train;
    const loop = fit(build().trainer, source, { epochs: 1, onDecodeError: 'skip', ...options });
    await expect(loop).rejects.toMatchObject(errorWith('INVALID_DATASET', 'None of the 4'));
  });
});

describe('the images of a run', () => {
  const counts = async (options: FitOptions, source = train) =>
    (await fit(build().trainer, source, { epochs: 1, ...options })).of('step').map(({ count }) => count);

  test('come in batches of a size, of which the last may be smaller or left out', async () => {
    expect(await counts({ batchSize: 3 })).toEqual([3, 1]);
    expect(await counts({ batchSize: 3, dropLast: true })).toEqual([3]);
  });

  test('come in shards', async () => {
    expect(await counts({ shard: { rank: 1, worldSize: 2 } })).toEqual([2]);
    const { model, trainer } = build();
    await fit(trainer, train, { epochs: 1, shard: { rank: 0, worldSize: 2 } });
    await expectOtherWeights(
      model,
      await weightsAfter(train, { epochs: 1, shard: { rank: 1, worldSize: 2 } }),
    );
  });

  test.each<[string, FitOptions]>([
    ['seed', { seed: 5 }],
    ['shuffle', { shuffle: false, seed: 1 }],
    ['crop', { crop: 63 }],
    ['augment', { augment: 'paper' }],
  ])('are others with %s, and the same when the run is repeated', async (_, options) => {
    const source = memoryDataset(5);
    const first = build();
    await fit(first.trainer, source, { epochs: 1, seed: 1, ...options });
    await expectSameWeights(first.model, await weightsAfter(source, { epochs: 1, seed: 1, ...options }));
    await expectOtherWeights(first.model, await weightsAfter(source, { epochs: 1, seed: 1 }));
  });

  test('may be a part of a dataset, an array or idx files, with the same bits', async () => {
    const gray = Uint8Array.from({ length: 6 * 16 }, (_, i) => (i * 37) % 256);
    const labels = [0, 1, 0, 1, 0, 1];
    await mkdir(folder('idx'));
    await writeFile(folder('idx/train-images-idx3-ubyte'), idxFile([6, 4, 4], gray));
    await writeFile(folder('idx/train-labels-idx1-ubyte'), idxFile([6], labels));
    const classes = ['a', 'b'];
    const array = new ArrayDataset({ images: { data: gray, shape: [6, 4, 4] }, labels, classes });
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
    expect(one).toMatchObject({ validation: { images: 2 } });
  });
});
