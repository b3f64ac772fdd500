import { copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { type ErrorCode, type FitEvent, type FitOptions, GoogLeNet, lrAt, Trainer } from '../../src/index';
import { compareBits } from '../support/bits';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { resealed, safetensorsBytes } from '../support/safetensors-bytes';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();

/** Small pictures are scaled up to the smallest size that the classifier takes. */
const SMALL = { epochs: 1, batchSize: 2, resize: 224 } as const;

const build = (options = {}, seed = 1) => {
  const model = new GoogLeNet({ numClasses: 2, auxLogits: false, seed });
  return { model, trainer: new Trainer(model, options) };
};

async function events(trainer: Trainer, options: FitOptions, length = 4): Promise<FitEvent[]> {
  const found: FitEvent[] = [];
  for await (const event of trainer.fit(memoryDataset(length), options)) found.push(event);
  return found;
}

describe('fit', () => {
  test('tells of every step, of the validation and of the epoch', async () => {
    const { trainer } = build();
    const found = await events(trainer, { ...SMALL, validation: memoryDataset(3) });
    expect(found.map(({ type }) => type)).toEqual([
      'step',
      'step',
      'validation',
      'validation',
      'epoch',
      'end',
    ]);
    expect(found[3]).toEqual({ type: 'validation', done: 3, total: 3 });
    expect(found[5]).toMatchObject({ reason: 'completed', epoch: 1, step: 2, checkpoint: null });
  });

  test.each<[string, ErrorCode, () => unknown, object]>([
    ['a dataset of no pictures', 'INVALID_DATASET', () => memoryDataset(0), {}],
    ['null as dataset', 'INVALID_ARGUMENT', () => null, {}],
    ['something else as dataset', 'INVALID_ARGUMENT', () => ({ length: 3, classes: ['a'] }), {}],
    [
      'more classes than the model has',
      'INVALID_DATASET',
      () => memoryDataset(4, { classes: ['a', 'b', 'c'] }),
      {},
    ],
    [
      'fewer pictures than a batch, with dropLast',
      'INVALID_DATASET',
      () => memoryDataset(1),
      { dropLast: true },
    ],
    ['checkpointEvery without a folder', 'INVALID_ARGUMENT', () => memoryDataset(4), { checkpointEvery: 1 }],
    ['a signal that is none', 'INVALID_ARGUMENT', () => memoryDataset(4), { signal: { aborted: false } }],
    [
      'a validation set of other classes',
      'INVALID_DATASET',
      () => memoryDataset(4),
      { validation: memoryDataset(2, { classes: ['b', 'a'] }) },
    ],
  ])('refuses %s with %s', async (_, code, dataset, options) => {
    const { trainer } = build();
    const loop = trainer.fit(dataset() as never, { ...SMALL, ...options } as FitOptions);
    await expect(loop.next()).rejects.toMatchObject(errorWith(code));
  });

  test('refuses a dataset whose classes are not the model’s', async () => {
    using model = new GoogLeNet({ numClasses: 2, auxLogits: false, classes: ['cat', 'dog'] });
    const loop = new Trainer(model).fit(memoryDataset(4), SMALL);
    await expect(loop.next()).rejects.toMatchObject(errorWith('INVALID_DATASET', 'class 0 is a and cat'));
  });

  test('runs once at a time', async () => {
    const { trainer } = build();
    const first = trainer.fit(memoryDataset(4), SMALL);
    await first.next();
    await expect(events(trainer, SMALL)).rejects.toMatchObject(
      errorWith('INVALID_ARGUMENT', 'middle of a fit'),
    );
    await first.return(undefined as never);
    expect((await events(trainer, { ...SMALL, epochs: 2 })).at(-1)).toMatchObject({ reason: 'completed' });
  });

  test('stops within a validation, and goes on from there bit for bit', async () => {
    const train = memoryDataset(2);
    const controller = new AbortController();
    const aborting = memoryDataset(60, { onRead: (index) => index === 9 && controller.abort() });
    const checkpointDir = folder('run');
    const { model, trainer } = build();
    const found: FitEvent[] = [];
    const options = { ...SMALL, epochs: 2, checkpointDir };
    for await (const event of trainer.fit(train, {
      ...options,
      validation: aborting,
      signal: controller.signal,
    })) {
      found.push(event);
    }
    expect(found.at(-1)).toMatchObject({ type: 'end', reason: 'aborted', epoch: 0, step: 1 });
    expect(found.filter(({ type }) => type === 'validation').length).toBeLessThan(10);
    const going = { ...options, validation: memoryDataset(2), resume: 'auto' };
    for await (const _ of trainer.fit(train, going));

    const whole = build();
    for await (const _ of whole.trainer.fit(train, { ...SMALL, epochs: 2 }));
    expect(compareBits(await model.stateDict(), await whole.model.stateDict())).toMatchObject({
      differing: 0,
    });
  });

  test('an epoch that cannot be counted is refused at once, not after a loop of minutes', () => {
    expect(() =>
      lrAt({ epoch: 1e9, step: 0, totalSteps: null }, 0.1, {
        type: 'step',
        stepSize: 1,
        gamma: 0.9,
        warmupSteps: 0,
      }),
    ).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT')));
  });
});

/** Rewrites what a checkpoint says of itself. */
async function edit(path: string, change: (content: Record<string, Record<string, unknown>>) => unknown) {
  const bytes = await readFile(path);
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, end));
  const content = JSON.parse(header.__metadata__.googlenet);
  change(content);
  header.__metadata__.googlenet = JSON.stringify(content);
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')]);
  await writeFile(path, resealed(safetensorsBytes(padded, bytes.subarray(end))));
}

function unseeded(content: Record<string, unknown>) {
  const state = Buffer.from(content.generator as string, 'base64');
  state.writeInt32LE(0, 12);
  content.generator = state.toString('base64');
}

describe('checkpoints', () => {
  test.each<[string, (content: Record<string, Record<string, unknown>>) => unknown]>([
    ['no progress', (content) => delete content.progress],
    ['no sums', (content) => delete content.progress?.tally],
    ['an epoch in words', (content) => Object.assign(content.progress ?? {}, { epoch: '1' })],
    ['an epoch below zero', (content) => Object.assign(content.progress ?? {}, { epoch: -1 })],
    ['more steps than an epoch has', (content) => Object.assign(content.progress ?? {}, { step: 1e9 })],
    ['random numbers that are no text', (content) => Object.assign(content, { generator: 5 })],
    ['too many random numbers', (content) => Object.assign(content, { generator: 'A'.repeat(9000) })],
    ['random numbers of zeros', (content) => Object.assign(content, { generator: 'A'.repeat(6742) })],
    ['random numbers that say they are not seeded', unseeded],
    [
      'an unknown optimiser',
      (content) => Object.assign(content.trainer ?? {}, { optimizer: { lr: 'fast' } }),
    ],
  ])('with %s are refused, and the model stays as it is', async (_, change) => {
    await build({}, 2).trainer.saveCheckpoint(folder('c.safetensors'));
    await edit(folder('c.safetensors'), change);
    const { model, trainer } = build();
    const before = await model.stateDict();
    await expect(events(trainer, { ...SMALL, resume: folder('c.safetensors') })).rejects.toMatchObject(
      errorWith('INVALID_CHECKPOINT'),
    );
    expect(compareBits(await model.stateDict(), before)).toMatchObject({ differing: 0 });
  });

  test.each([null, 'a model', 5, { classes: ['a'] }, { dropout: 2 }])(
    'that describe their model by %j are refused',
    async (model) => {
      await build().trainer.saveCheckpoint(folder('c.safetensors'));
      await edit(folder('c.safetensors'), (content) => Object.assign(content, { model }));
      await expect(GoogLeNet.load(folder('c.safetensors'))).rejects.toMatchObject(
        errorWith('INVALID_WEIGHTS'),
      );
    },
  );

  test('of a trainer that has not stepped make the next step a first one again', async () => {
    const { model, trainer } = build();
    const batch = { data: new Uint8Array(2 * 224 * 224 * 3).fill(90), shape: [2, 224, 224, 3] };
    const run = async () => {
      for (let i = 0; i < 2; i++) await trainer.step(batch, [0, 1]);
      return model.stateDict();
    };
    await trainer.saveCheckpoint(folder('start.safetensors'));
    const first = await run();
    await trainer.loadCheckpoint(folder('start.safetensors'));
    expect(await trainer.momentumBuffers()).toEqual({});
    expect(compareBits(await run(), first)).toMatchObject({ differing: 0 });
  });

  test('are not replaced by weights that are no numbers', async () => {
    const checkpointDir = folder('run');
    const { trainer } = build({ optimizer: { lr: 1e30, weightDecay: 1e30 } });
    await trainer.saveCheckpoint(folder('last.safetensors'));
    const before = await readFile(folder('last.safetensors'));
    await expect(events(trainer, { ...SMALL, checkpointDir, checkpointEvery: 1 })).rejects.toMatchObject(
      errorWith('DIVERGED'),
    );
    await expect(trainer.saveCheckpoint(folder('last.safetensors'))).rejects.toMatchObject(
      errorWith('DIVERGED'),
    );
    expect((await readFile(folder('last.safetensors'))).equals(before)).toBe(true);
    expect(await readdir(checkpointDir)).toEqual([]);
  });

  test('that are replaced while they are read give one of the two, never a mixture', async () => {
    const { model, trainer } = build({ optimizer: { momentum: 0 } });
    const expected = await model.stateDict();
    await trainer.saveCheckpoint(folder('a'));
    // A longer header moves every tensor.
    trainer.progress = { ...trainer.progress, globalStep: 1e15, epoch: 10 };
    await trainer.saveCheckpoint(folder('b'));
    for (let i = 0; i < 24; i++) {
      const [now, next] = i % 2 ? ['b', 'a'] : ['a', 'b'];
      await copyFile(folder(now), folder('last'));
      await copyFile(folder(next), folder('next'));
      const loading = GoogLeNet.load(folder('last'));
      setTimeout(() => void rename(folder('next'), folder('last')), 1 + (i % 6));
      using loaded = await loading;
      expect(compareBits(await loaded.stateDict(), expected)).toMatchObject({ differing: 0 });
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
  });

  test('keep the dropout of the model they are of', async () => {
    using model = new GoogLeNet({ numClasses: 2, auxLogits: false, dropout: 0.25, dropoutAux: 0.5 });
    await new Trainer(model).saveCheckpoint(folder('c.safetensors'));
    using loaded = await GoogLeNet.load(folder('c.safetensors'));
    expect(loaded).toMatchObject({ dropout: 0.25, dropoutAux: 0.5 });
  });
});

test('a trainer that is disposed leaves the gradients of another one on the same model', async () => {
  const { model, trainer } = build();
  const old = new Trainer(model);
  const batch = { data: new Uint8Array(2 * 224 * 224 * 3), shape: [2, 224, 224, 3] };
  await old.step(batch, [0, 1]);
  await trainer.step(batch, [1, 0]);
  const before = await trainer.gradients();
  old.dispose();
  expect(compareBits(await trainer.gradients(), before)).toMatchObject({ differing: 0 });
  trainer.dispose();
  await expect(new Trainer(model).gradients()).rejects.toMatchObject(errorWith('INVALID_ARGUMENT'));
});
