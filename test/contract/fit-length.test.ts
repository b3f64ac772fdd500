/** How long a run is: epochs or steps, at once or in parts. */
import { Xoshiro128 } from '../../src/data/sampler';
import { type FitOptions, fromIterable } from '../../src/index';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { build, expectSameWeights, fit, untimed, weightsAfter } from '../support/fit';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
/** Three steps an epoch. */
const train = memoryDataset(6);
const validation = memoryDataset(2);

/** Aborts when an event or an image says so. */
const abortable = () => {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
};

test('a number of epochs has all their steps', async () => {
  const { order, result } = await fit(build().trainer, train, { epochs: 2 });
  expect(order).toEqual([1, 2, 3, 'epoch', 4, 5, 6, 'epoch', 'end']);
  expect(result).toMatchObject({ reason: 'completed', epoch: 2, step: 6 });
  expect(result.history.map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 3],
    [2, 6],
  ]);
});

test('a number of steps ends a run amid an epoch, which is summed up and validated', async () => {
  const { order, result, of } = await fit(build().trainer, train, { steps: 4, validation });
  expect(order).toEqual([1, 2, 3, 'validation', 'epoch', 4, 'validation', 'epoch', 'end']);
  expect(result).toMatchObject({ reason: 'completed', epoch: 1, step: 4 });
  expect(of('epoch').map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 3],
    [2, 4],
  ]);
});

test('steps that end with an epoch complete it', async () => {
  const { order, result } = await fit(build().trainer, train, { steps: 3 });
  expect(order).toEqual([1, 2, 3, 'epoch', 'end']);
  expect(result).toMatchObject({ reason: 'completed', epoch: 1, step: 3 });
});

test('a run of a few steps resumes with more steps, with the bits and the history of one run', async () => {
  const checkpointDir = folder('run');
  await fit(build().trainer, train, { steps: 2, checkpointDir });
  await fit(build().trainer, train, { steps: 4, checkpointDir, resume: 'auto' });
  const { model, trainer } = build();
  const { order, result } = await fit(trainer, train, { steps: 7, checkpointDir, resume: 'auto' });
  expect(order).toEqual([5, 6, 'epoch', 'checkpoint', 7, 'epoch', 'checkpoint', 'end']);
  const whole = build();
  const { result: expected } = await fit(whole.trainer, train, { steps: 7 });
  expect(untimed(result.history)).toEqual(untimed(expected.history));
  await expectSameWeights(model, await whole.model.stateDict());
});

test('the same trainer continues where its last fit ended', async () => {
  const { model, trainer } = build();
  await fit(trainer, train, { steps: 2 });
  await fit(trainer, train, { steps: 5 });
  const { result } = await fit(trainer, train, { epochs: 2 });
  expect(result.history.map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 3],
    [2, 6],
  ]);
  await expectSameWeights(model, await weightsAfter(train, { epochs: 2 }));
});

test('a run that is complete is so again, with all of its history', async () => {
  const checkpointDir = folder('run');
  const first = await fit(build().trainer, train, { steps: 4, checkpointDir, validation });
  const { model, trainer } = build({}, 2);
  const again = await fit(trainer, train, { steps: 4, checkpointDir, validation, resume: 'auto' });
  expect(again.order).toEqual(['end']);
  expect(again.result).toEqual(first.result);
  await expectSameWeights(model, await weightsAfter(train, { steps: 4 }));
});

test.each<[string, FitOptions]>([
  ['steps', { steps: 2 }],
  ['epochs', { epochs: 1 }],
])('a run that has more %s than it was to have is complete', async (_, shorter) => {
  const { trainer } = build();
  await fit(trainer, train, { steps: 4 });
  const { order, result } = await fit(trainer, train, shorter);
  expect(order).toEqual(['end']);
  expect(result).toMatchObject({ reason: 'completed', step: 4 });
});

test('an abort after the last step of a run lets it end', async () => {
  const { signal, abort } = abortable();
  const stop = ({ type }: { type: string }) => type === 'step' && abort();
  const { order, result } = await fit(build().trainer, memoryDataset(4), { steps: 1, signal }, stop);
  expect(order).toEqual([1, 'epoch', 'end']);
  expect(result).toMatchObject({ reason: 'completed', step: 1 });
});

test('an abort in the validation after the last step leaves the run to be ended, without another step', async () => {
  const checkpointDir = folder('run');
  const { signal, abort } = abortable();
  const aborting = memoryDataset(2, { onRead: abort });
  const options = { steps: 1, checkpointDir };
  const stopped = await fit(build().trainer, train, { ...options, validation: aborting, signal });
  expect(stopped.order).toEqual([1, 'checkpoint', 'end']);
  expect(stopped.result).toMatchObject({ reason: 'aborted', epoch: 0, step: 1, history: [] });
  const { model, trainer } = build();
  const ended = await fit(trainer, train, { ...options, validation, resume: 'auto' });
  expect(ended.order).toEqual(['validation', 'epoch', 'checkpoint', 'end']);
  expect(ended.result).toMatchObject({ reason: 'completed', epoch: 0, step: 1 });
  await expectSameWeights(model, await weightsAfter(train, { steps: 1 }));
});

test.each<[string, string]>([
  ['the last step of an epoch', 'step'],
  ['the end of an epoch', 'epoch'],
  ['the checkpoint of an epoch', 'checkpoint'],
])('an abort at %s is gone on from bit for bit', async (_, type) => {
  const checkpointDir = folder('run');
  const { signal, abort } = abortable();
  const two = memoryDataset(4);
  const options = { epochs: 2, checkpointDir, validation };
  const stopped = await fit(build().trainer, two, { ...options, signal }, (event) => {
    if (event.type === type && 'step' in event && event.step === 2) abort();
  });
  expect(stopped.result).toMatchObject({ reason: 'aborted', step: 2 });
  const { model, trainer } = build();
  const { result } = await fit(trainer, two, { ...options, resume: 'auto' });
  expect(result.history.map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 2],
    [2, 4],
  ]);
  await expectSameWeights(model, await weightsAfter(two, { epochs: 2 }));
});

test('a run that is aborted again and again, whatever it is doing, ends with the bits of one that is not', async () => {
  const options = { epochs: 2, checkpointDir: folder('run'), everyNTrainSteps: 2, resume: 'auto' };
  const random = Xoshiro128.seeded(7n, 1);
  for (let pieces = 1; ; pieces++) {
    const { model, trainer } = build({ emaDecay: 0.5 });
    const { signal, abort } = abortable();
    // So many images and events from the start, at once or a little later: amid whatever is then going on, on any machine.
    let left = 2 + random.below(12);
    const delay = random.below(4);
    const tick = () => {
      left -= 1;
      if (left === 0) delay === 0 ? abort() : setTimeout(abort, delay);
    };
    const [watched, validated] = [memoryDataset(6, { onRead: tick }), memoryDataset(2, { onRead: tick })];
    const { result } = await fit(trainer, watched, { ...options, validation: validated, signal }, tick);
    if (result.reason === 'completed') {
      expect(pieces).toBeGreaterThan(1);
      expect(result.history.map(({ epoch, step }) => [epoch, step])).toEqual([
        [1, 3],
        [2, 6],
      ]);
      await expectSameWeights(model, await weightsAfter(train, { epochs: 2 }, { emaDecay: 0.5 }));
      return;
    }
    expect(result.reason).toBe('aborted');
    model.dispose();
  }
});

test('a signal that came before the first step leaves a checkpoint of the beginning', async () => {
  const checkpointDir = folder('run');
  const signal = AbortSignal.abort(new Error('no time'));
  const { trainer } = build();
  const { order, result } = await fit(trainer, train, { steps: 1, checkpointDir, signal });
  expect(order).toEqual(['checkpoint', 'end']);
  expect(result).toMatchObject({ reason: 'aborted', epoch: 0, step: 0 });
  expect((await fit(trainer, train, { steps: 1, checkpointDir })).result).toMatchObject({ step: 1 });
});

test('a signal leaves no listeners behind, however many batches it watched', async () => {
  const { signal } = abortable();
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on('warning', note);
  await fit(build().trainer, memoryDataset(2), { epochs: 14, validation, signal });
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('a stream is gone on with in the middle of its epoch, and at an end that it does not announce', async () => {
  const open = () =>
    Array.from({ length: 5 }, (_, i) => ({
      image: { data: new Uint8Array(48).fill(i * 40), height: 4, width: 4 },
      label: i % 2,
    }));
  const stream = fromIterable({ open, classes: ['a', 'b'], shuffleBuffer: 3 });
  const checkpointDir = folder('run');
  for (const steps of [1, 3, 4]) {
    const { result } = await fit(build().trainer, stream, { steps, checkpointDir, resume: 'auto' });
    expect(result).toMatchObject({ reason: 'completed', step: steps });
  }
  const { model, trainer } = build();
  const { of, result } = await fit(trainer, stream, { epochs: 2, checkpointDir, resume: 'auto' });
  expect(of('step').map(({ count, stepsPerEpoch }) => [count, stepsPerEpoch])).toEqual([
    [2, null],
    [1, null],
  ]);
  expect(result).toMatchObject({ reason: 'completed', epoch: 2, step: 6 });
  await expectSameWeights(model, await weightsAfter(stream, { epochs: 2 }));
});

test.each(['cosine', 'polynomial'] as const)(
  '%s on a stream that does not say its length takes steps, not epochs',
  async (type) => {
    const stream = fromIterable({ open: () => [], classes: ['a', 'b'] });
    const { trainer } = build({ schedule: { type } });
    const endless = fit(trainer, stream, { epochs: 1, checkpointDir: folder('run') });
    await expect(endless).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', type, 'Give steps'));
  },
);

test.each([
  ['neither epochs nor steps', {}],
  ['both', { epochs: 1, steps: 1 }],
  ['no epoch', { epochs: 0 }],
  ['half a step', { steps: 0.5 }],
  ['more epochs than can be counted', { epochs: 1e7 }],
])('%s is no length', async (_, options) => {
  await expect(fit(build().trainer, train, options)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT'));
});
