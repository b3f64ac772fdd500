import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { GoogLeNetError } from '../../src/core/errors.js';
import { CheckpointStore } from '../../src/train/checkpoint-store.js';
import { writeCheckpointFile } from '../support/checkpoint-file.js';
import { errorWith } from '../support/errors.js';
import { canMount, makeReadOnly, makeWritable, withSmallDisk, withUnremovable } from '../support/mount.js';
import { testWhere } from '../support/skip.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { newestCheckpoint } from '../support/weights-files.js';

const at = temporaryFolder();
const dir = () => at('checkpoints');
const file = (step: number) => at('checkpoints', `step-0000000${step}.safetensors`);
const mounting = testWhere(canMount(), 'this user may not mount a small disk');
const asRoot = testWhere(process.getuid?.() === 0, 'only root can become another user');

let warnings: GoogLeNetError[] = [];
beforeEach(() => {
  warnings = [];
});

const open = (resumedAt: number | null = null, folder = dir()) =>
  CheckpointStore.open(folder, { resumedAt, saveLastK: 9, onWarning: (warning) => warnings.push(warning) });

/** A checkpoint of 200 KB. */
const save = (store: CheckpointStore, step: number) => {
  const about = { step, epoch: 0, isEpochEnd: false, score: null };
  return store.save((path) => writeCheckpointFile(path, about, 200), about);
};

async function bytes(folder = dir()): Promise<Record<string, Buffer>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.lock-'));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))])),
  );
}

/** A save that fails says what to do, and leaves the folder as it was. */
async function expectRefused(store: CheckpointStore, step: number, ...mentions: string[]): Promise<void> {
  const before = await bytes();
  const saving = save(store, step);
  await expect(saving).rejects.toMatchObject(errorWith('FILE_ERROR', ...mentions, dir(), 'checkpointDir'));
  expect(await bytes()).toEqual(before);
}

async function expectSavesElsewhere(): Promise<void> {
  const elsewhere = await open(null, at('elsewhere'));
  await save(elsewhere, 9);
  expect(Object.keys(await bytes(at('elsewhere')))).toEqual([basename(file(9))]);
  await elsewhere.close();
}

mounting(
  'A full disk leaves the earlier checkpoints, and takes the next one when there is space again',
  async () => {
    await mkdir(dir());
    await withSmallDisk(dir(), 700, async () => {
      const store = await open();
      for (const step of [1, 2, 3]) await save(store, step);
      await expectRefused(store, 4, 'after step 4', 'the disk is full', 'Free space there');
      await expectSavesElsewhere();
      await rm(file(1));
      await save(store, 5);
      expect(Object.keys(await bytes())).toEqual([2, 3, 5].map((step) => basename(file(step))));
      await store.close();
    });
  },
);

mounting('A disk that fills up while later checkpoints are to be replaced keeps them', async () => {
  await mkdir(dir());
  await withSmallDisk(dir(), 700, async () => {
    const first = await open();
    for (const step of [1, 2, 3]) await save(first, step);
    await first.close();
    const store = await open(1);
    await expectRefused(store, 2, 'the disk is full');
    expect(await newestCheckpoint(dir(), () => undefined)).toBe(file(3));
    await store.close();
  });
});

mounting('A disk that becomes read-only is named so', async () => {
  await mkdir(dir());
  await withSmallDisk(dir(), 700, async () => {
    const store = await open();
    await save(store, 1);
    makeReadOnly(dir());
    await expectRefused(store, 2, 'the file system is read-only', 'Make it writable');
    await expect(open(1)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'This process'));
    makeWritable(dir());
    await save(store, 2);
    expect(Object.keys(await bytes())).toHaveLength(2);
    await store.close();
  });
});

test('A folder that is deleted under a run is not made again in silence', async () => {
  const store = await open();
  await save(store, 1);
  await rm(dir(), { recursive: true });
  await expect(save(store, 2)).rejects.toMatchObject(errorWith('FILE_ERROR', 'the folder is gone', dir()));
  expect(await readdir(at())).toEqual([]);
  await expectSavesElsewhere();
  await store.close();
});

test('A file in the place of the folder is told of', async () => {
  const store = await open();
  await rename(dir(), at('moved'));
  await writeFile(dir(), 'mine');
  const saving = save(store, 1);
  await expect(saving).rejects.toMatchObject(errorWith('FILE_ERROR', 'taken the place of the folder', dir()));
  expect(await readFile(dir(), 'utf8')).toBe('mine');
  await expectSavesElsewhere();
  await store.close();
  await expect(open(1)).rejects.toMatchObject(errorWith('FILE_ERROR', dir()));
});

test('A rename that fails, because a folder has the name, leaves no temporary file', async () => {
  const store = await open();
  await save(store, 1);
  await mkdir(file(2));
  await writeFile(join(file(2), 'inside'), 'x');
  const saving = save(store, 2);
  await expect(saving).rejects.toMatchObject(errorWith('FILE_ERROR', 'after step 2', file(2)));
  expect((await readdir(dir())).filter((name) => !name.startsWith('.lock-'))).toHaveLength(2);
  await save(store, 3);
  await store.close();
});

const child = (limits: string, ...args: string[]) => {
  const support = join(__dirname, '../support');
  const command = [
    process.execPath,
    '-r',
    join(support, 'register.cjs'),
    join(support, 'save-child.ts'),
    dir(),
  ];
  const script = `${limits}; exec "$0" "$@"`;
  return JSON.parse(execFileSync('sh', ['-c', script, ...command, ...args], { encoding: 'utf8' }));
};

test('A limit on the size of files (ulimit -f) is an error like others, not the end of the process', async () => {
  expect(child('ulimit -f 100')).toMatchObject(errorWith('FILE_ERROR', 'how large a file may be', dir()));
  expect(await readdir(dir())).toEqual([]);
});

asRoot('A user without the right to write there is told so', async () => {
  const answer = child(':', '65534');
  expect(answer).toMatchObject(errorWith('FILE_ERROR', 'this user may not write there', dir()));
  expect((await readdir(dir())).filter((name) => !name.startsWith('.lock-'))).toEqual([]);
});

mounting('A checkpoint that cannot be removed is a warning, and the run goes on', async () => {
  const options = { saveLastK: 1, onWarning: (warning: GoogLeNetError) => warnings.push(warning) };
  const store = await CheckpointStore.open(dir(), { ...options, resumedAt: null });
  await save(store, 1);
  await withUnremovable(file(1), async () => {
    await save(store, 2);
    expect(warnings).toMatchObject([errorWith('FILE_ERROR', 'Cannot remove', file(1))]);
    expect(Object.keys(await bytes())).toHaveLength(2);
  });
  await save(store, 3);
  expect(Object.keys(await bytes())).toEqual([basename(file(3))]);
  await store.close();
});

mounting('A later checkpoint that cannot be removed does not win over the run that replaced it', async () => {
  const first = await open();
  for (const step of [2, 4, 8]) await save(first, step);
  await first.close();
  const newest = () => newestCheckpoint(dir(), () => undefined);
  const store = await open(2);
  await withUnremovable(file(8), async () => {
    const saved = [await save(store, 3), await save(store, 5)];
    expect(await newest()).toBe(saved[1]);
    expect(Object.keys(await bytes())).toHaveLength(3);
    expect(warnings[0]).toMatchObject(errorWith('FILE_ERROR', 'Cannot remove', file(8)));
  });
  expect(await save(store, 6)).toBe(file(6));
  expect(Object.keys(await bytes())).toEqual([2, 6].map((step) => basename(file(step))));
  await store.close();
});
