/** Evaluations over crops and models, compared with forwards that are averaged by hand. */

import { multiCrop } from '../../src/data/crops';
import { type Crops, type Dataset, evaluate, GoogLeNet, loadImages, Trainer, topK } from '../../src/index';
import { softmax } from '../../src/inference/top-k';
import { compareBits } from '../support/bits';
import { errorWith } from '../support/errors';

const SIDE = 300;
/** Images with a slope of brightness and a mark in one corner, so that crops differ. */
const images = Array.from({ length: 3 }, (_, n) => {
  const data = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i / (n + 2) + (i % 97) * n) % 256;
  return { data, height: SIDE, width: SIDE };
});
const dataset: Dataset = {
  length: 3,
  classes: ['a', 'b', 'c', 'd', 'e', 'f'],
  label: (i) => i,
  image: async (i) => images[i] as (typeof images)[number],
};
const build = (seed: number) => new GoogLeNet({ numClasses: 6, auxLogits: false, initWeights: true, seed });

async function byHand(models: GoogLeNet[], crops: Crops): Promise<number[][]> {
  return Promise.all(
    images.map(async (image) => {
      const pixels = await multiCrop('an image', image, crops, { resize: 256, crop: 224 });
      const rows: Float64Array[] = [];
      for (const model of models) {
        const [{ data }] = await model.forward({ data: pixels, shape: [crops, 224, 224, 3] });
        for (let i = 0; i < crops; i++) rows.push(softmax(data.subarray(i * 6, i * 6 + 6)));
      }
      return Array.from(
        { length: 6 },
        (_, c) => rows.reduce((sum, row) => sum + (row[c] ?? 0), 0) / rows.length,
      );
    }),
  );
}

test.each<[Crops, number]>([
  [1, 1],
  [10, 1],
  [10, 2],
])('%i crops and %i models: means of softmaxes', async (crops, count) => {
  const models = [build(1), build(2)].slice(0, count);
  const wasTraining = models.map(({ training }) => training);
  const result = await evaluate(models, dataset, { crops });
  expect(models.map(({ training }) => training)).toEqual(wasTraining);
  for (const model of models) model.eval();
  const means = await byHand(models, crops);
  const losses = means.map((mean, i) => -Math.log(mean[i] ?? 0));
  expect(result.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 3, 5);
  const predicted = means.map((mean) => mean.indexOf(Math.max(...mean)));
  expect(result.top1).toBeCloseTo(predicted.filter((label, i) => label === i).length / 3);
  expect(result.confusion?.slice(0, 3).map((row) => row.indexOf(1))).toEqual(predicted);
  expect(result.classes.map(({ support }) => support)).toEqual([1, 1, 1, 0, 0, 0]);
  expect(result.classes[4]?.top1).toBeNaN();
  for (const model of models) model.dispose();
});

test('one model needs no array', async () => {
  using model = build(1);
  expect(await evaluate(model, dataset)).toEqual(await evaluate([model], dataset));
});

test.each([undefined, 'libtorch'] as const)(
  'an engine (%s) is evaluated as its model is',
  async (backend) => {
    using model = build(1);
    using engine = await model.optimize(backend ? { backend } : {});
    const [ofModel, ofEngine] = [await evaluate(model, dataset), await evaluate(engine, dataset)];
    expect(ofEngine.loss).toBeCloseTo(ofModel.loss, 3);
    const { loss: _, mainLoss: __, classes, ...rest } = ofEngine;
    expect(ofModel).toMatchObject(rest);
    expect(classes.map(({ support, correct }) => [support, correct])).toEqual(
      ofModel.classes.map(({ support, correct }) => [support, correct]),
    );
    const both = await evaluate([model, engine], dataset, { crops: 10 });
    expect(both.loss).toBeCloseTo((await evaluate(model, dataset, { crops: 10 })).loss, 3);
  },
);

test('an engine that was disposed of is refused', async () => {
  using model = build(1);
  const engine = await model.optimize({ backend: 'libtorch' });
  engine.dispose();
  await expect(evaluate(engine, dataset)).rejects.toMatchObject(errorWith('DISPOSED', 'Engine'));
});

test('metrics of classes come from the confusion matrix, in evaluations and validations', async () => {
  using model = build(1);
  using trainer = new Trainer(model);
  for (const { classes, confusion, macro } of [
    await evaluate(model, dataset),
    await trainer.validate(dataset),
  ]) {
    const matrix = confusion ?? [];
    const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
    const column = (i: number) => sum(matrix.map((row) => row[i] ?? 0));
    for (const [i, { support, correct, precision, recall, f1 }] of classes.entries()) {
      expect([support, correct]).toEqual([sum(matrix[i] ?? []), matrix[i]?.[i]]);
      expect(precision).toBe(column(i) === 0 ? 0 : correct / column(i));
      expect(recall).toBe(support === 0 ? 0 : correct / support);
      expect(f1).toBe(support + column(i) === 0 ? 0 : (2 * correct) / (support + column(i)));
    }
    const seen = classes.filter(({ support }, i) => support + column(i) > 0);
    expect(macro.recall).toBeCloseTo(sum(seen.map(({ recall }) => recall)) / seen.length, 12);
  }
});

test('144 crops are computed in batches of any size', async () => {
  using model = build(1);
  const single: Dataset = { ...dataset, length: 1 };
  const whole = await evaluate([model], single, { crops: 144, batchSize: 144 });
  const parts = await evaluate([model], single, { crops: 144, batchSize: 20 });
  expect(parts.loss).toBeCloseTo(whole.loss, 5);
});

test('one crop of one model is what a trainer’s validation says', async () => {
  using model = build(1);
  using trainer = new Trainer(model);
  const { loss, top1, top5 } = await evaluate([model], dataset);
  const theirs = await trainer.validate(dataset);
  expect([top1, top5]).toEqual([theirs.top1, theirs.top5]);
  expect(loss).toBeCloseTo(theirs.mainLoss, 5);
});

test('the central one of ten crops is what classify sees', async () => {
  using model = build(1);
  model.eval();
  const [image] = images as [(typeof images)[number]];
  const pixels = await multiCrop('an image', image, 10, { resize: 256, crop: 224 });
  const center = pixels.subarray(4 * 224 * 224 * 3, 5 * 224 * 224 * 3);
  const central = await loadImages([{ data: image.data, width: SIDE, height: SIDE }]);
  expect(Buffer.from(center).equals(Buffer.from(central.data as Uint8Array))).toBe(true);
  const [{ data }] = await model.forward({ data: center.slice(), shape: [1, 224, 224, 3] });
  expect(await model.classify({ data: image.data, width: SIDE, height: SIDE })).toEqual(topK(data, 5));
});

test('evaluations at once, and a change of mode meanwhile, change no number and no mode', async () => {
  using model = new GoogLeNet({ numClasses: 6, auxLogits: false, initWeights: true, seed: 1 });
  const alone = await evaluate([model], dataset);
  const before = await model.stateDict();
  const onProgress = () => void model.train();
  const both = await Promise.all([evaluate([model], dataset, { onProgress }), evaluate([model], dataset)]);
  expect(both).toEqual([alone, alone]);
  expect(model.training).toBe(true);
  expect(compareBits(await model.stateDict(), before)).toMatchObject({ differing: 0 });
});

test('it tells how far it is, and ends when it is aborted', async () => {
  using model = build(1);
  const controller = new AbortController();
  const seen: [number, number][] = [];
  const running = evaluate([model], dataset, {
    signal: controller.signal,
    onProgress: (done, total) => {
      seen.push([done, total]);
      if (done === 2) controller.abort();
    },
  });
  await expect(running).rejects.toMatchObject(errorWith('ABORTED'));
  expect(seen).toEqual([
    [1, 3],
    [2, 3],
  ]);
});

test.each<[string, (model: GoogLeNet) => Promise<unknown>, object]>([
  ['no model', () => evaluate([], dataset), errorWith('INVALID_ARGUMENT', 'models')],
  ['what is no model', () => evaluate([null as never], dataset), errorWith('INVALID_ARGUMENT', 'model')],
  [
    'a model that was disposed of',
    (m) => {
      m.dispose();
      return evaluate([m], dataset);
    },
    errorWith('DISPOSED'),
  ],
  [
    'labels that are no classes',
    (m) => evaluate([m], { ...dataset, label: () => 7 }),
    errorWith('INVALID_DATASET', 'label', '7'),
  ],
  [
    'another number of crops',
    (m) => evaluate([m], dataset, { crops: 5 as never }),
    errorWith('INVALID_ARGUMENT', '144'),
  ],
  [
    'crops that do not fit the network',
    (m) => evaluate([m], dataset, { crop: 100 }),
    errorWith('INVALID_SHAPE', '100'),
  ],
  [
    'crops that the paper’s images do not hold',
    async () => {
      using other = new GoogLeNet({
        variant: 'torchvision',
        numClasses: 6,
        auxLogits: false,
        initWeights: false,
      });
      return evaluate([other], dataset, { crops: 144, resize: 320, crop: 299 });
    },
    errorWith('INVALID_ARGUMENT', '256', '299'),
  ],
  [
    'an unknown option',
    (m) => evaluate([m], dataset, { views: 1 } as never),
    errorWith('INVALID_ARGUMENT', 'views'),
  ],
  [
    'models of other classes',
    async (m) => {
      using other = new GoogLeNet({ numClasses: 7, auxLogits: false });
      return evaluate([m, other], dataset);
    },
    errorWith('INVALID_ARGUMENT', 'same classes', '6 and 7'),
  ],
  [
    'a dataset of more classes than a model has',
    async () => {
      using small = new GoogLeNet({ numClasses: 5, auxLogits: false });
      return evaluate([small], dataset);
    },
    errorWith('INVALID_DATASET', '6 classes', 'only 5'),
  ],
  [
    'logits that are NaN',
    async (m) => {
      const state = await m.stateDict();
      (state['fc.bias']?.data as Float32Array)[0] = Number.NaN;
      await m.loadStateDict(state);
      return evaluate([m], dataset);
    },
    errorWith('DIVERGED', 'NaN'),
  ],
])('%s is refused', async (_, run, error) => {
  using model = build(1);
  await expect(run(model)).rejects.toMatchObject({ name: 'GoogLeNetError', ...error });
});
