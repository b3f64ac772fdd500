import {
  GoogLeNet,
  lrAt,
  type Schedule,
  type StateDict,
  Trainer,
  type TrainerOptions,
} from '../../src/index';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { build, expectOtherWeights, expectSameWeights, fit, SIZE, SMALL } from '../support/fit';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const train = memoryDataset(4);
const IMAGES = {
  data: new Uint8Array(4 * SIZE * SIZE * 3).map((_, i) => (i * 7) % 251),
  shape: [4, SIZE, SIZE, 3],
};

/** One step on four images. */
async function step(options: TrainerOptions, labels: number[] = [0, 1, 1, 0]) {
  const { model, trainer } = build(options);
  const result = await trainer.step(IMAGES, labels);
  return { model, trainer, result };
}

test('a class weight that is nothing in 32 bits is refused', () => {
  expect(() => build({ classWeights: [1, 1e-300] })).toThrow(
    expect.objectContaining(errorWith('INVALID_ARGUMENT', 'classWeights[1]')),
  );
});

describe('a step', () => {
  /** The weights after one that was told nothing. */
  let plain: StateDict;
  beforeAll(async () => {
    plain = await (await step({})).model.stateDict();
  });

  test('in micro-batches has the gradients of the whole except for batch statistics, and may ask for more of them than images', async () => {
    const one = await step({ gradientAccumulationSteps: 4 });
    const more = await step({ gradientAccumulationSteps: 100 });
    expect(more.result).toEqual(one.result);
    await expectSameWeights(more.model, await one.model.stateDict());
    await expectOtherWeights(one.model, plain);
  });

  test('whose learning rate is no number of 32 bits changes nothing, by hand and by a schedule', async () => {
    const { trainer } = await step({ schedule: { type: 'step', stepSize: 1, gamma: 1e300 } });
    const before = await trainer.momentumBuffers();
    const refusal = errorWith('INVALID_ARGUMENT', 'for lr');
    await expect(trainer.step(IMAGES, [0, 1, 1, 0], { lr: 1e300 })).rejects.toMatchObject(refusal);
    const head = trainer.step(IMAGES, [0, 1, 1, 0], { headLr: 1e39 });
    await expect(head).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'for headLr'));
    trainer.epoch = 2;
    await expect(trainer.step(IMAGES, [0, 1, 1, 0])).rejects.toMatchObject(refusal);
    expect(await trainer.momentumBuffers()).toEqual(before);
  });

  test('with maxGradNorm tells the norm, and one that is never reached changes nothing', async () => {
    const loose = await step({ maxGradNorm: 1e30 });
    const tight = await step({ maxGradNorm: 1e-3 });
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
        losses.push((await trainer.step(IMAGES, [0, 1, 1, 0])).loss);
      }
      expect(losses[0]).toBeCloseTo(losses[1] ?? Number.NaN, 4);
    }
  });

  test.each([0, 0.2])(
    'in parts has its loss where one weighs nothing, smoothed by %d',
    async (labelSmoothing) => {
      // Both halves are alike, so that the statistics of a part are those of the whole.
      const half = IMAGES.data.subarray(0, IMAGES.data.length / 2);
      const images = { data: Buffer.concat([half, half]), shape: IMAGES.shape };
      const inParts = async (gradientAccumulationSteps: number) => {
        const model = new GoogLeNet({
          variant: 'torchvision',
          numClasses: 2,
          auxLogits: false,
          initWeights: false,
          channelsLast: false,
          seed: 1,
          dropout: 0,
        });
        const trainer = new Trainer(model, {
          labelSmoothing,
          classWeights: [0, 2],
          gradientAccumulationSteps,
        });
        const { loss, correct } = await trainer.step(images, [0, 0, 1, 1]);
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
    await expect(trainer.step(IMAGES, [0, 0, 0, 0])).rejects.toMatchObject(
      errorWith('INVALID_LABEL', 'classWeights are 0'),
    );
    await expectSameWeights(model, before);
  });

  test.each<[string, TrainerOptions]>([
    ['classWeights of other classes', { classWeights: [1, 1, 1] }],
    ['classWeights of nothing', { classWeights: [0, 0] }],
    ['a weight below zero', { classWeights: [1, -1] }],
    ['maxGradNorm of zero', { maxGradNorm: 0 }],
    ['labels that are all smoothed', { labelSmoothing: 1 }],
    ['an EMA that never moves', { emaDecay: 1 }],
    ['no part', { gradientAccumulationSteps: 0 }],
    ['half precision', { precision: 'float16' as never }],
    ['a gamma of another schedule', { schedule: { type: 'cosine', gamma: 0.5 } }],
  ])('%s is refused', (_, options) => {
    expect(() => build(options)).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT')));
  });
});

describe('EMA weights', () => {
  test('are scored in place of the last ones, and end in the model', async () => {
    const { model, trainer } = build({ emaDecay: 0.9 });
    const { of } = await fit(trainer, train, { epochs: 2, validation: train });
    const scored = of('epoch').at(-1)?.validation;
    expect((await trainer.validate(train, { ...SMALL })).loss).toBe(scored?.loss);
    const plain = await trainer.validate(train, { ...SMALL, ema: false });
    expect(plain.loss).toBe(scored?.loss);
    await expectSameWeights(model, await trainer.weights());
    await trainer.saveWeights(folder('w.safetensors'));
    using loaded = await GoogLeNet.load(folder('w.safetensors'));
    await expectSameWeights(loaded, await trainer.weights());
  });

  test('follow the weights, and the statistics of the model are its own', async () => {
    const { model, trainer } = build({ emaDecay: 0.5 });
    await trainer.step(IMAGES, [0, 1, 1, 0]);
    await expectSameWeights(model, await trainer.weights());
    const before = await model.stateDict();
    await trainer.step(IMAGES, [0, 1, 1, 0]);
    const [after, ema] = [await model.stateDict(), await trainer.weights()];
    const at = (state: typeof before, name: string) => Number(state[name]?.data[0]);
    const weight = 'fc.weight';
    expect(at(ema, weight)).toBeCloseTo((at(before, weight) + at(after, weight)) / 2, 6);
    const buffer = Object.keys(after).find((name) => name.endsWith('running_mean')) ?? '';
    expect(ema[buffer]?.data).toEqual(after[buffer]?.data);
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
