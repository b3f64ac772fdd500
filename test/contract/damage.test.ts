import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { type FitEvent, GoogLeNet, Trainer } from '../../src/index';
import { CheckpointStore } from '../../src/train/checkpoint-store';
import { compareBits } from '../support/bits';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { SIZE, SMALL } from '../support/fit';
import { canMount, withSmallDisk } from '../support/mount';
import { testWhere } from '../support/skip';
import { temporaryFolder } from '../support/temporary-folder';
import { newestCheckpoint } from '../support/weights-files.js';

const folder = temporaryFolder();

const build = (seed = 1) => {
  const model = new GoogLeNet({
    variant: 'torchvision',
    numClasses: 2,
    auxLogits: false,
    initWeights: false,
    seed,
  });
  return { model, trainer: new Trainer(model) };
};

/** Offsets in a file of `size` bytes whose header takes `header`, by what they hold. */
const offsets = (size: number, header: number): [string, number][] => [
  ['the length of the header', 1],
  ['the name of the checksum', 30],
  ['the checksum', 56],
  ['the metadata', 120],
  ['the middle of the header', header >> 1],
  ['the end of the header', header - 2],
  ['the first tensor', header + 1],
  ['a tensor in the middle', size >> 1],
  ['the last byte', size - 1],
];

async function resume(trainer: Trainer, path: string): Promise<FitEvent | undefined> {
  const options = { epochs: 1, ...SMALL, resume: path };
  for await (const event of trainer.fit(memoryDataset(2), options)) return event;
  return undefined;
}

test('A checkpoint with one wrong bit or without its end is loaded by nobody, and leaves the model as it is', async () => {
  const path = folder('c.safetensors');
  await build(2).trainer.saveCheckpoint(path);
  const whole = await readFile(path);
  const { model, trainer } = build();
  const before = await model.stateDict();
  const refused = async (what: string) => {
    const tries = [GoogLeNet.load(path), trainer.loadCheckpoint(path), resume(trainer, path)];
    for (const attempt of tries) {
      const code = await attempt.then(
        () => `${what} was not noticed`,
        (error) => error.code,
      );
      expect(['INVALID_WEIGHTS', 'INVALID_CHECKPOINT', 'WEIGHTS_MISMATCH']).toContain(code);
    }
  };
  for (const [what, at] of offsets(whole.length, 8 + Number(whole.readBigUInt64LE()))) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(whole.readUInt8(at) ^ 4, at);
    await writeFile(path, damaged);
    await refused(what);
  }
  await writeFile(path, whole);
  for (const size of [whole.length - 1, whole.length >> 1, 30_000, 1000, 9, 0]) {
    await truncate(path, size);
    await refused(`the end after ${size} bytes`);
  }
  expect(compareBits(await model.stateDict(), before)).toMatchObject({ differing: 0 });
  await writeFile(path, whole);
  await trainer.loadCheckpoint(path);
});

test('Weights say that their checksum does not match', async () => {
  const path = folder('w.safetensors');
  await build().model.save(path);
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0, bytes.length - 5000, bytes.length - 900));
  await expect(GoogLeNet.load(path)).rejects.toMatchObject(errorWith('INVALID_WEIGHTS', path, 'checksum'));
});

testWhere(canMount(), 'this user may not mount a small disk')(
  'A trainer whose disk is full keeps its state and saves it elsewhere',
  async () => {
    const { trainer } = build();
    const batch = { data: new Uint8Array(2 * SIZE * SIZE * 3).fill(90), shape: [2, SIZE, SIZE, 3] };
    await trainer.step(batch, [0, 1]);
    await trainer.saveCheckpoint(folder('expected.safetensors'));
    const { size } = await stat(folder('expected.safetensors'));
    await mkdir(folder('small'));
    await withSmallDisk(folder('small'), Math.ceil((size * 1.5) / 1024), async () => {
      const store = await CheckpointStore.open(folder('small'), {
        resumedAt: null,
        onWarning: console.error,
      });
      const save = (step: number) =>
        store.save((path) => trainer.saveCheckpoint(path), {
          step,
          epoch: 0,
          isEpochEnd: false,
          score: null,
        });
      const saved = await save(1);
      await expect(save(2)).rejects.toMatchObject(errorWith('FILE_ERROR', 'the disk is full'));
      expect(await newestCheckpoint(folder('small'), console.error)).toBe(saved);
      expect((await readdir(folder('small'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      await store.close();
    });
    await trainer.saveCheckpoint(folder('elsewhere.safetensors'));
    const [expected, elsewhere] = ['expected', 'elsewhere'].map((name) => folder(`${name}.safetensors`));
    expect((await readFile(elsewhere ?? '')).equals(await readFile(expected ?? ''))).toBe(true);
  },
);
