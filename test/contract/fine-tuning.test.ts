/** Weights of one task as the beginning of another. */
import { GoogLeNet, type StateDict, Trainer, type TrainerOptions, Xception } from '../../src/index';
import { noise } from '../support/architectures';
import { compareBits } from '../support/bits';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { expectSameWeights, fit } from '../support/fit';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const part = (state: StateDict, isWanted: (name: string) => boolean): StateDict =>
  Object.fromEntries(Object.entries(state).filter(([name]) => isWanted(name)));
const isHead = (name: string): boolean => /^(fc|auxilliary_output_[12]\.7)\./.test(name);
const different = (a: StateDict, b: StateDict): string[] =>
  Object.keys(a).filter(
    (name) =>
      compareBits(
        part(a, (n) => n === name),
        part(b, (n) => n === name),
      ).differing > 0,
  );

async function saved(): Promise<{ path: string; state: StateDict }> {
  using model = new GoogLeNet({ numClasses: 10, seed: 1, classes: Array.from('abcdefghij') });
  const path = folder('ten.safetensors');
  await model.save(path);
  return { path, state: await model.stateDict() };
}

describe('new classifiers', () => {
  test('for another number of classes, all else from the file, drawn from the seed', async () => {
    const { path, state } = await saved();
    using model = await GoogLeNet.load(path, { numClasses: 3, seed: 7 });
    expect([model.numClasses, model.classes]).toEqual([3, undefined]);
    const now = await model.stateDict();
    expect(now['fc.weight']?.shape).toEqual([3, 1024]);
    expect(now['auxilliary_output_2.7.bias']?.shape).toEqual([3]);
    const rest = (all: StateDict) => part(all, (name) => !isHead(name));
    expect(compareBits(rest(now), rest(state))).toMatchObject({ differing: 0 });
    using again = await GoogLeNet.load(path, { classes: ['x', 'y', 'z'], seed: 7 });
    expect(again.classes).toEqual(['x', 'y', 'z']);
    await expectSameWeights(again, now);
  });

  test('for as many classes, where it is asked for', async () => {
    const { path, state } = await saved();
    using same = await GoogLeNet.load(path);
    using fresh = await GoogLeNet.load(path, { resetClassifier: true, seed: 7 });
    expect(different(await same.stateDict(), state)).toEqual([]);
    expect(different(await fresh.stateDict(), state).every(isHead)).toBe(true);
    expect(different(await fresh.stateDict(), state)).toContain('fc.weight');
    expect([same.classes?.length, fresh.classes]).toEqual([10, undefined]);
  });

  test('without the auxiliary heads of the file', async () => {
    const { path } = await saved();
    using model = await GoogLeNet.load(path, { numClasses: 3, auxLogits: false });
    expect([model.auxLogits, (await model.forward(noise(1)))[1]]).toEqual([false, null]);
  });

  test('of an Xception', async () => {
    using model = new Xception({ numClasses: 4, seed: 1 });
    await model.save(folder('xception.safetensors'));
    using other = await Xception.load(folder('xception.safetensors'), { numClasses: 2 });
    expect((await other.forward(noise(1)))[0].shape).toEqual([1, 2]);
  });

  test('do not excuse a file that lacks other tensors', async () => {
    const { path, state } = await saved();
    using model = new GoogLeNet({ numClasses: 10 });
    const { 'partA.0.weight': _, ...rest } = state;
    await expect(model.loadStateDict(rest)).rejects.toMatchObject(errorWith('WEIGHTS_MISMATCH', 'partA.0'));
    await expect(GoogLeNet.load(path, { resetClassifier: 1 as never })).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'resetClassifier'),
    );
  });
});

describe('a trainer', () => {
  const step = async (options: TrainerOptions) => {
    using model = new GoogLeNet({ numClasses: 2, seed: 1 });
    const before = await model.stateDict();
    using trainer = new Trainer(model, options);
    await trainer.step(noise(2), Int32Array.of(0, 1));
    return { before, after: await model.stateDict(), momentum: await trainer.momentumBuffers() };
  };

  test('leaves frozen parameters as they are, without momentum', async () => {
    const { before, after, momentum } = await step({ freeze: ['partA', 'inception_3*', '*.bias'] });
    const changed = different(after, before);
    const isFrozen = (name: string) => /^(partA|inception_3[ab])\.|\.bias$/.test(name);
    // Statistics of BatchNorm are no parameters.
    expect(changed.filter(isFrozen).filter((name) => !/running|num_batches/.test(name))).toEqual([]);
    expect(changed).toContain('inception_4a.branch1.0.weight');
    expect(Object.keys(momentum).filter(isFrozen)).toEqual([]);
  });

  test('gives the classifiers a learning rate of their own, and it decays as the other', async () => {
    const { before, after } = await step({ optimizer: { lr: 0, headLr: 0.1 } });
    const changed = different(after, before).filter((name) => !/running|num_batches/.test(name));
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((name) => !isHead(name))).toEqual([]);
    using model = new GoogLeNet({ numClasses: 2 });
    using trainer = new Trainer(model, {
      optimizer: { lr: 0.1, headLr: 0.4 },
      schedule: { stepSize: 1, gamma: 0.5 },
    });
    trainer.epoch = 2;
    expect([trainer.lr, trainer.headLr]).toEqual([0.025, 0.1]);
  });

  test('resumes from a checkpoint with both, bit for bit', async () => {
    const options = { freeze: ['conv1'], optimizer: { lr: 0.01, headLr: 0.05 } };
    const data = memoryDataset(4);
    const build = () => {
      const model = new GoogLeNet({
        variant: 'torchvision',
        numClasses: 2,
        auxLogits: false,
        initWeights: false,
        seed: 1,
      });
      return { model, trainer: new Trainer(model, options) };
    };
    const whole = build();
    await fit(whole.trainer, data, { steps: 4 });
    const first = build();
    await fit(first.trainer, data, { steps: 2, checkpointDir: folder('run') });
    const second = build();
    await fit(second.trainer, data, { steps: 4, checkpointDir: folder('run'), resume: 'auto' });
    await expectSameWeights(second.model, await whole.model.stateDict());
    for (const { model } of [whole, first, second]) model.dispose();
  });

  test('refuses a checkpoint of another architecture that no tensor shows, and of other frozen layers', async () => {
    const build = (transformInput: boolean) =>
      new GoogLeNet({
        variant: 'torchvision',
        numClasses: 2,
        auxLogits: false,
        initWeights: false,
        transformInput,
      });
    using model = build(true);
    using trainer = new Trainer(model, { freeze: ['conv1'] });
    await trainer.step(noise(2), [0, 1]);
    await trainer.saveCheckpoint(folder('step.safetensors'));
    using other = build(false);
    using wrong = new Trainer(other, { freeze: ['conv1'] });
    await expect(wrong.loadCheckpoint(folder('step.safetensors'))).rejects.toMatchObject(
      errorWith('WEIGHTS_MISMATCH', 'transformInput true'),
    );
    using unfrozen = new Trainer(model);
    await expect(unfrozen.loadCheckpoint(folder('step.safetensors'))).rejects.toMatchObject(
      errorWith('WEIGHTS_MISMATCH', 'freeze'),
    );
  });

  test.each<[string, TrainerOptions, string]>([
    ['a pattern that matches nothing', { freeze: ['inception_9*'] }, "'inception_9*'"],
    ['everything frozen', { freeze: ['*'] }, 'leaves no parameter'],
    ['patterns that are no array', { freeze: 'partA' as never }, 'array'],
    ['a negative rate', { optimizer: { headLr: -1 } }, 'headLr'],
  ])('refuses %s', (_, options, named) => {
    using model = new GoogLeNet({ numClasses: 2 });
    expect(() => new Trainer(model, options)).toThrow(
      expect.objectContaining(errorWith('INVALID_ARGUMENT', named)),
    );
  });
});
