/** What a checkpoint says, and who believes it. */
import { copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { GoogLeNet, Trainer } from '../../src/index';
import { compareBits } from '../support/bits';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { build, fit, SIZE } from '../support/fit';
import { safetensorsBytes, withNewChecksum } from '../support/safetensors-bytes';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();

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
  await writeFile(path, withNewChecksum(safetensorsBytes(padded, bytes.subarray(end))));
}

function unseeded(content: Record<string, unknown>) {
  const state = Buffer.from(content.generator as string, 'base64');
  state.writeInt32LE(0, 12);
  content.generator = state.toString('base64');
}

describe('checkpoints', () => {
  test.each<[string, (content: Record<string, Record<string, unknown>>) => unknown]>([
    ['no state', (content) => delete content.state],
    ['no sums', (content) => delete content.state?.metrics],
    ['an epoch in words', (content) => Object.assign(content.state ?? {}, { epoch: '1' })],
    ['an epoch below zero', (content) => Object.assign(content.state ?? {}, { epoch: -1 })],
    ['more steps than an epoch has', (content) => Object.assign(content.state ?? {}, { step: 1e9 })],
    ['random numbers that are no text', (content) => Object.assign(content, { generator: 5 })],
    ['too many random numbers', (content) => Object.assign(content, { generator: 'A'.repeat(9000) })],
    ['random numbers of zeros', (content) => Object.assign(content, { generator: 'A'.repeat(6742) })],
    ['random numbers that say they are not seeded', unseeded],
    [
      'an unknown optimizer',
      (content) => Object.assign(content.trainer ?? {}, { optimizer: { lr: 'fast' } }),
    ],
  ])('with %s are refused, and the model stays as it is', async (_, change) => {
    await build({}, 2).trainer.saveCheckpoint(folder('c.safetensors'));
    await edit(folder('c.safetensors'), change);
    const { model, trainer } = build();
    const before = await model.stateDict();
    await expect(
      fit(trainer, memoryDataset(4), { epochs: 1, resume: folder('c.safetensors') }),
    ).rejects.toMatchObject(errorWith('INVALID_CHECKPOINT'));
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
    const batch = { data: new Uint8Array(2 * SIZE * SIZE * 3).fill(90), shape: [2, SIZE, SIZE, 3] };
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
    await expect(
      fit(trainer, memoryDataset(4), { epochs: 1, checkpointDir, everyNTrainSteps: 1 }),
    ).rejects.toMatchObject(errorWith('DIVERGED'));
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
    trainer.state = { ...trainer.state, globalStep: 1e15, epoch: 10 };
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
