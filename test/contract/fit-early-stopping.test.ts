/** Runs that end when validation gets no better. */
import type { FitOptions, StateDict } from '../../src/index';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { build, expectOtherWeights, expectSameWeights, fit, relabelled } from '../support/fit';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const train = memoryDataset(4);
/** The better the training goes, the worse these are scored. */
const validation = relabelled(train, (index) => 1 - train.label(index));
const LOSS: FitOptions = { epochs: 9, validation, earlyStopping: { patience: 2, metric: 'loss' } };

/** What each epoch's validation scored, and of which weights. */
async function fitWatched(options: FitOptions, trainerOptions = {}) {
  const { model, trainer } = build(trainerOptions);
  const losses: number[] = [];
  const weights: StateDict[] = [];
  const fitted = await fit(trainer, train, options, async (event) => {
    if (event.type !== 'epoch') return;
    losses.push(event.validation?.loss ?? Number.NaN);
    weights.push(await trainer.weights());
  });
  const best = losses.indexOf(Math.min(...losses));
  return { model, trainer, ...fitted, losses, best, bestWeights: weights[best] as StateDict };
}

test('the run ends after the patience, with the weights of the best epoch', async () => {
  const { model, result, losses, best, bestWeights } = await fitWatched(LOSS);
  expect(result).toMatchObject({ reason: 'stopped-early', epoch: best + 3, step: 2 * (best + 3) });
  expect(losses).toHaveLength(best + 3);
  await expectSameWeights(model, bestWeights);
});

test('the best of EMA weights are those that were scored', async () => {
  const { model, result, bestWeights } = await fitWatched(LOSS, { emaDecay: 0.9 });
  expect(result.reason).not.toBe('aborted');
  await expectSameWeights(model, bestWeights);
});

test('a run that ends before its patience does has the best weights, too', async () => {
  const { model, trainer, result, best, bestWeights } = await fitWatched({ ...LOSS, epochs: 2 });
  expect({ reason: result.reason, best }).toEqual({ reason: 'completed', best: 0 });
  await expectSameWeights(model, bestWeights);
  const on = fit(trainer, train, { ...LOSS, epochs: 3 });
  await expect(on).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'has ended', 'resume'));
});

test.each([
  ['equal scores', { patience: 2 }],
  ['gains below minDelta', { patience: 2, metric: 'loss', minDelta: 1e6 }],
] as const)('%s are no better', async (_, earlyStopping) => {
  const { trainer } = build({ optimizer: { lr: 1e-12 } });
  const { result } = await fit(trainer, train, { epochs: 9, validation, earlyStopping });
  expect(result).toMatchObject({ reason: 'stopped-early', epoch: 3 });
});

test('a run that resumes in the middle keeps its best epoch, stops where it would have, and stays stopped', async () => {
  const whole = await fitWatched(LOSS);
  const stopped = whole.result.step;
  const options = { ...LOSS, checkpointDir: folder('run'), resume: 'auto' };
  for (const at of [3, 5]) {
    const controller = new AbortController();
    const abort = (event: object) => 'step' in event && event.step === at && controller.abort();
    await fit(build().trainer, train, { ...options, signal: controller.signal }, abort);
  }
  for (const order of [expect.arrayContaining([stopped]), ['end']]) {
    const { model, trainer } = build({}, 2);
    const again = await fit(trainer, train, options);
    expect(again.order).toEqual(order);
    expect(again.result).toMatchObject({ reason: 'stopped-early', step: stopped });
    await expectSameWeights(model, whole.bestWeights);
  }
});

test('more patience resumes from the last weights, not from the best ones', async () => {
  const patient: FitOptions = { ...LOSS, epochs: 5, earlyStopping: { patience: 9, metric: 'loss' } };
  const options = { checkpointDir: folder('run'), resume: 'auto' };
  const first = await fit(build().trainer, train, { ...LOSS, ...options });
  expect(first.result.epoch).toBeLessThan(5);
  const { trainer } = build();
  const on = await fit(trainer, train, { ...patient, ...options });
  const whole = await fit(build().trainer, train, patient);
  expect(on.of('step').map(({ loss }) => loss)).toEqual(
    whole
      .of('step')
      .slice(first.result.step)
      .map(({ loss }) => loss),
  );
});

test('the end of the steps within an epoch may be the best, and does not count for a resumed run', async () => {
  const helpful: FitOptions = {
    validation: relabelled(train, () => 0),
    earlyStopping: { patience: 1, metric: 'loss' },
  };
  const options = { ...helpful, checkpointDir: folder('run'), resume: 'auto' };
  const cut = build({ optimizer: { lr: 0.001 } });
  const { of } = await fit(cut.trainer, train, { ...options, steps: 3 });
  const [first, last] = of('epoch').map(({ validation }) => validation?.loss ?? Number.NaN);
  const raw = await cut.trainer.weights();
  expect(last).toBeLessThan(first ?? 0);
  await expectSameWeights(cut.model, raw);
  expect(cut.trainer.state.best).toMatchObject({ epoch: 1 });

  const on = build({ optimizer: { lr: 0.001 } });
  const { result } = await fit(on.trainer, train, { ...options, steps: 6 });
  const whole = build({ optimizer: { lr: 0.001 } });
  const expected = await fit(whole.trainer, train, { ...helpful, steps: 6 });
  expect(result).toMatchObject({ reason: expected.result.reason, step: expected.result.step });
  await expectSameWeights(on.model, await whole.model.stateDict());
});

test('another metric half-way would compare what cannot be compared', async () => {
  const options = { epochs: 1, validation, checkpointDir: folder('run'), resume: 'auto' };
  await fit(build().trainer, train, { ...options, earlyStopping: { patience: 1, metric: 'loss' } });
  const { model, trainer } = build({}, 2);
  const before = await model.stateDict();
  const other = fit(trainer, train, { ...options, epochs: 2, earlyStopping: { patience: 1 } });
  await expect(other).rejects.toMatchObject(errorWith('INVALID_CHECKPOINT', 'best loss', 'top1'));
  await expectSameWeights(model, before);
});

test('without it, a run ends with its last weights', async () => {
  const { earlyStopping: _, ...plain } = LOSS;
  const { model, bestWeights } = await fitWatched({ ...plain, epochs: 3 });
  await expectOtherWeights(model, bestWeights);
});

test('a checkpoint after the epoch was set anew is whole', async () => {
  const { trainer } = await fitWatched({ ...LOSS, epochs: 1 });
  trainer.epoch = 0;
  await trainer.saveCheckpoint(folder('c.safetensors'));
  await build().trainer.loadCheckpoint(folder('c.safetensors'));
});

test.each<[string, FitOptions]>([
  ['no validation', { earlyStopping: { patience: 1 } }],
  ['no patience', { validation, earlyStopping: {} as never }],
  ['patience for no epoch', { validation, earlyStopping: { patience: 0 } }],
  ['an unknown metric', { validation, earlyStopping: { patience: 1, metric: 'top5' as never } }],
  ['a gain below zero', { validation, earlyStopping: { patience: 1, minDelta: -1 } }],
  ['an unknown option', { validation, earlyStopping: { patience: 1, delta: 1 } as never }],
])('%s is refused', async (_, options) => {
  const loop = fit(build().trainer, train, { epochs: 1, ...options });
  await expect(loop).rejects.toMatchObject(errorWith('INVALID_ARGUMENT'));
});
