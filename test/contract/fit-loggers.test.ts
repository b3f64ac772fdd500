/** What records a run: which calls a logger gets, and what becomes of a run whose logger fails. */
import { readdir } from 'node:fs/promises';
import { ArrayDataset, type FitEvent, GoogLeNetError, type Logger } from '../../src/index';
import { errorWith } from '../support/errors';
import { build, expectSameWeights, SMALL, weightsAfter } from '../support/fit';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const train = new ArrayDataset({
  images: { data: Uint8Array.from({ length: 4 * 64 * 64 }, (_, i) => (i * 37) % 256), shape: [4, 64, 64] },
  labels: [0, 1, 0, 1],
  classes: ['cat', 'dog'],
});
const OPTIONS = { ...SMALL, epochs: 2, validation: train };

/** Notes its calls. @param fail called with each one. */
function notes(fail: (call: string) => void = () => undefined): Logger & { calls: string[] } {
  const calls: string[] = [];
  const note = async (call: string) => {
    calls.push(call);
    fail(call);
  };
  return {
    calls,
    start: ({ settings }) => note(`start ${settings.epochs}`),
    event: (event) => note(event.type),
    end: ({ reason }) => note(reason),
    fail: (error) => note((error as GoogLeNetError).code),
  };
}

const EPOCH = ['step', 'step', 'validation', 'validation', 'epoch'];

test('loggers get the start, each event and the end, in their order', async () => {
  const { trainer } = build();
  const [one, other] = [notes(), notes()];
  const result = await trainer.fit(train, { ...OPTIONS, logger: [one, {}, other] });
  expect(result).toMatchObject({ reason: 'completed', epoch: 2, step: 4 });
  expect(one.calls).toEqual(['start 2', ...EPOCH, ...EPOCH, 'completed']);
  expect(other.calls).toEqual(one.calls);
});

test('a logger hears every setting, with defaults', async () => {
  const { trainer } = build({ maxGradNorm: 2, freeze: ['fc'] });
  let settings = {};
  const start: Logger['start'] = (run) => {
    settings = run.settings;
  };
  await trainer.fit(train, { ...SMALL, steps: 1, logger: { start } });
  expect(settings).toMatchObject({
    ...{ epochs: null, steps: 1, batchSize: 2, resize: 64, seed: 0, augment: 'none', patience: null },
    ...{
      lr: 0.01,
      momentum: 0.9,
      maxGradNorm: 2,
      emaDecay: null,
      gradientAccumulationSteps: 1,
      freeze: ['fc'],
    },
    ...{ schedule: 'step', stepSize: 8, warmupSteps: 0, architecture: 'torchvision', auxLogits: false },
    ...{ device: 'cpu', channelsLast: true, saveLastK: 2, everyNEpochs: null },
  });
});

describe('a logger that fails', () => {
  test('at the start prevents the run, and those that have started hear of it', async () => {
    const { model, trainer } = build();
    const before = await model.stateDict();
    const [one, other] = [notes(), notes(() => throwing())];
    const run = trainer.fit(train, { ...OPTIONS, checkpointDir: folder('start'), logger: [one, other] });
    await expect(run).rejects.toMatchObject(errorWith('LOGGER_FAILED', 'no paper'));
    expect(one.calls).toEqual(['start 2', 'LOGGER_FAILED']);
    expect(other.calls).toEqual(['start 2']);
    expect(await readdir(folder())).not.toContain('start');
    await expectSameWeights(model, before);
  });

  test('stops the run after the step, with a checkpoint from which it resumes bit for bit', async () => {
    const { trainer } = build();
    const failing = notes((call) => call === 'step' && throwing());
    const other = notes();
    const options = { ...OPTIONS, checkpointDir: folder('stopped') };
    const error = await trainer.fit(train, { ...options, logger: [failing, other] }).then(null, (e) => e);
    expect(error).toMatchObject(errorWith('LOGGER_FAILED', 'no paper', 'after step 1', 'step-00000001'));
    expect(failing.calls).toEqual(['start 2', 'step', 'LOGGER_FAILED']);
    expect(other.calls).toEqual(['start 2', 'step', 'checkpoint', 'LOGGER_FAILED']);
    const again = build({}, 7);
    await again.trainer.fit(train, { ...options, resume: 'auto' });
    await expectSameWeights(again.model, await weightsAfter(train, OPTIONS));
  });

  test('keeps the code of an error of this package', async () => {
    const { trainer } = build();
    const event = () => {
      throw new GoogLeNetError('FILE_ERROR', 'The disk is full.');
    };
    await expect(trainer.fit(train, { ...OPTIONS, logger: { event } })).rejects.toMatchObject(
      errorWith('FILE_ERROR', 'The disk is full.'),
    );
  });

  test('at the end fails the run after all of them have heard of it', async () => {
    const { trainer } = build();
    const [one, other] = [notes((call) => call === 'completed' && throwing()), notes()];
    await expect(trainer.fit(train, { ...OPTIONS, logger: [one, other] })).rejects.toThrow('no paper');
    expect(other.calls.at(-1)).toBe('completed');
    expect(trainer.state).toMatchObject({ epoch: 2, globalStep: 4 });
  });
});

const throwing = (): never => {
  throw new Error('no paper');
};

test('a logger hears that the run failed, was stopped, or that its loop was left', async () => {
  const { trainer } = build();
  const calls = [notes(), notes(), notes()] as const;
  const stop = new AbortController();
  const event = () => stop.abort();
  const stopped = await trainer.fit(train, {
    ...OPTIONS,
    logger: [calls[0], { event }],
    signal: stop.signal,
  });
  expect(stopped.reason).toBe('aborted');
  expect(calls[0].calls).toEqual(['start 2', 'step', 'aborted']);
  for await (const _ of trainer.fit(train, { ...OPTIONS, logger: calls[1] })) break;
  expect(calls[1].calls.at(-1)).toBe('ABORTED');
  trainer.dispose();
  await expect(trainer.fit(train, { ...OPTIONS, logger: calls[2] })).rejects.toMatchObject(
    errorWith('DISPOSED'),
  );
  expect(calls[2].calls).toEqual(['start 2', 'DISPOSED']);
});

test.each([['a text'], [{ event: 1 }], [[null]]])('%j is no logger', async (logger) => {
  const run = build().trainer.fit(train, { ...OPTIONS, logger } as never);
  await expect(run).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'logger'));
});

describe('a run', () => {
  test('starts with the first next() or await, and not before', async () => {
    const { trainer } = build();
    const [idle, run] = [trainer.fit(train, OPTIONS), trainer.fit(train, OPTIONS)];
    expect(trainer.state.globalStep).toBe(0);
    expect((await run).step).toBe(4);
    // The other one has not begun, so it keeps nobody out.
    expect(await idle).toMatchObject({ reason: 'completed', step: 4 });
  });

  test('gives its result after its loop, again and again', async () => {
    const run = build().trainer.fit(train, OPTIONS);
    const events: FitEvent[] = [];
    for await (const event of run) events.push(event);
    const { type: _, ...result } = events.at(-1) as Extract<FitEvent, { type: 'end' }>;
    expect(await run).toEqual(result);
    expect(await run).toBe(await run);
  });

  test('that is awaited in its middle takes the events that are left', async () => {
    const run = build().trainer.fit(train, OPTIONS);
    await run.next();
    expect(await run).toMatchObject({ step: 4 });
    expect(await run.next()).toEqual({ done: true, value: undefined });
  });

  test('whose loop was left rejects with ABORTED', async () => {
    const run = build().trainer.fit(train, OPTIONS);
    for await (const _ of run) break;
    await expect(run).rejects.toMatchObject(errorWith('ABORTED'));
  });

  test('that fails rejects for its loop and for whoever awaits it, and is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const run = build().trainer.fit(train, { ...OPTIONS, batchSize: 0 });
    await expect(run.next()).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'batchSize'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    await expect(run).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'batchSize'));
  });
});
