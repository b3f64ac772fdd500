import { copyFile, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GoogLeNetError } from '../../src/core/errors.js';
import type { CheckpointInfo } from '../../src/train/checkpoint-policy.js';
import { CheckpointStore, type StoreOptions } from '../../src/train/checkpoint-store.js';
import { writeCheckpointFile } from '../support/checkpoint-file.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { newestCheckpoint } from '../support/weights-files.js';

const at = temporaryFolder();
const dir = () => at('checkpoints');
const file = (step: number) => at('checkpoints', `step-${String(step).padStart(8, '0')}.safetensors`);

let warnings: GoogLeNetError[] = [];
let store: CheckpointStore | undefined;

beforeEach(() => {
  warnings = [];
});
afterEach(() => store?.close());

async function open(options: Partial<StoreOptions> = {}): Promise<CheckpointStore> {
  await store?.close();
  store = await CheckpointStore.open(dir(), {
    resumedAt: null,
    onWarning: (warning) => warnings.push(warning),
    ...options,
  });
  return store;
}

/** Amid an epoch of ten steps, or at the end of one. */
const about = (step: number, score: number | null = null): CheckpointInfo => ({
  step,
  epoch: Math.floor(step / 10),
  isEpochEnd: step % 10 === 0,
  score,
});

const save = (to: CheckpointStore, checkpoint: CheckpointInfo) =>
  to.save((path) => writeCheckpointFile(path, checkpoint), checkpoint);

async function filled(steps: readonly number[], options: Partial<StoreOptions> = {}) {
  const to = await open({ saveLastK: 100, ...options });
  for (const step of steps) await save(to, about(step));
  return to;
}

/** The names in the folder without the lock, as steps where they are checkpoints. */
async function content(): Promise<(number | string)[]> {
  const names = (await readdir(dir())).filter((name) => !name.startsWith('.lock-')).sort();
  return names.map((name) =>
    file(Number(name.slice(5, -12))).endsWith(name) ? Number(name.slice(5, -12)) : name,
  );
}

async function found(): Promise<{ step: string | null; damaged: string[] }> {
  const damaged: string[] = [];
  const path = await newestCheckpoint(dir(), (path, { code }) => damaged.push(`${code} ${basename(path)}`));
  return { step: path && basename(path), damaged };
}

const newest = async () => (await found()).step;

describe('A store', () => {
  test('makes its folder, names files by step and removes what no rule keeps', async () => {
    const to = await open();
    for (const step of [3, 6, 9]) expect(await save(to, about(step))).toBe(file(step));
    expect(await content()).toEqual([6, 9]);
    expect((await to.list()).map(({ step }) => step)).toEqual([9, 6]);
    expect(await newest()).toBe('step-00000009.safetensors');
    expect(warnings).toEqual([]);
  });

  test('sorts by number where a step has more digits than the name is padded to', async () => {
    const to = await open();
    for (const step of [99_999_999, 100_000_000]) await save(to, { ...about(7), step });
    expect(await newest()).toBe('step-100000000.safetensors');
  });

  test('knows scores and ends of epochs of earlier processes from the files alone', async () => {
    const first = await open({ saveLastK: 1, saveTopK: 1, everyNEpochs: 2 });
    for (const [step, score] of [
      [10, 0.9],
      [20, 0.2],
      [30, 0.5],
    ] as const)
      await save(first, about(step, score));
    expect(await content()).toEqual([10, 20, 30]);

    const second = await open({ saveLastK: 1, saveTopK: 1, everyNEpochs: 2, resumedAt: 30 });
    expect(await second.list()).toEqual([
      { path: file(30), ...about(30, 0.5) },
      { path: file(20), ...about(20, 0.2) },
      { path: file(10), ...about(10, 0.9) },
    ]);
    await save(second, about(35));
    expect(await content()).toEqual([10, 20, 35]);
    await save(second, about(40, 0.95));
    expect(await content()).toEqual([20, 40]);
  });

  test('puts the end of an epoch in the place of its last step', async () => {
    const to = await open();
    await save(to, { ...about(10), isEpochEnd: false, epoch: 0 });
    await save(to, about(10, 0.5));
    expect(await to.list()).toEqual([{ path: file(10), ...about(10, 0.5) }]);
  });

  test('removes nothing before the next checkpoint is complete', async () => {
    const to = await filled([1, 2], { saveLastK: 1 });
    const before = await readFile(file(2));
    const failing = to.save(async (path) => {
      await writeFile(`${path}.half`, 'half');
      expect(await newest()).toBe('step-00000002.safetensors');
      throw new Error('stopped');
    }, about(3));
    await expect(failing).rejects.toThrow('stopped');
    expect((await readFile(file(2))).equals(before)).toBe(true);
  });

  test('leaves files of others alone, and removes those that a killed process did not finish', async () => {
    await filled([1, 2]);
    const theirs = [
      'last.safetensors',
      'step-2.safetensors',
      'step-000000002.safetensors',
      'notes.txt',
      '.step-1.tmp',
    ];
    for (const name of theirs) await writeFile(at('checkpoints', name), 'x');
    const unfinished = '.step-00000003.safetensors.0d9f7e57-0b0e-4f43-9f0f-6a4f0a4f1f11.tmp';
    await writeFile(at('checkpoints', unfinished), 'x');
    const to = await open({ resumedAt: 2, saveLastK: 1 });
    expect(await content()).not.toContain(unfinished);
    await save(to, about(3));
    expect((await content()).sort()).toEqual([...theirs, 3].sort());
  });

  test('refuses to begin a new run among the checkpoints of another', async () => {
    await filled([1]);
    await expect(open()).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', dir(), 'Resume'));
    expect(await content()).toEqual([1]);
    await expect(open({ resumedAt: 1 })).resolves.toBeDefined();
  });

  test('refuses rules and steps that are none before it touches the disk', async () => {
    for (const wrong of [
      { saveLastK: 0 },
      { resumedAt: -1 },
      { resumedAt: undefined },
      { everyNEpochs: 'x' },
    ]) {
      await expect(open(wrong as never)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT'));
    }
    expect(await readdir(at())).toEqual([]);
  });
});

describe('A damaged checkpoint', () => {
  test('is passed over and told of, be it cut short, changed or another file', async () => {
    await filled([1, 2, 3, 4]);
    await truncate(file(4), 300);
    const bytes = await readFile(file(3));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(file(3), bytes);
    await writeFile(file(5), '');
    const damaged = [5, 4, 3].map((step) => `INVALID_WEIGHTS ${basename(file(step))}`);
    expect(await found()).toEqual({ step: basename(file(2)), damaged });
  });

  test('with no whole one left is an error: a run must not start from scratch because its files are gone', async () => {
    await filled([1, 2]);
    for (const step of [1, 2]) await truncate(file(step), 10);
    await expect(newest()).rejects.toMatchObject(errorWith('INVALID_CHECKPOINT', dir(), file(2)));
  });

  test('counts for no rule, is told of once and stays where it is', async () => {
    await filled([1, 2, 3]);
    await truncate(file(2), 10);
    const to = await open({ resumedAt: 3, saveLastK: 2 });
    await save(to, about(4));
    await save(to, about(5));
    expect(await content()).toEqual([2, 4, 5]);
    expect(warnings).toMatchObject([errorWith('INVALID_WEIGHTS', file(2))]);
  });

  test('is not looked for where there is no folder, and a file in its place is an error', async () => {
    expect(await newestCheckpoint(at('none'), () => undefined)).toBeNull();
    await writeFile(at('taken'), '');
    await expect(newestCheckpoint(at('taken'), () => undefined)).rejects.toMatchObject(
      errorWith('FILE_ERROR'),
    );
    await expect(newestCheckpoint('', () => undefined)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT'));
  });
});

describe('A run that resumes from an earlier step', () => {
  test('keeps the later ones until its own first checkpoint is there, which replaces them', async () => {
    await filled([5, 10, 15, 20], { saveTopK: 2 });
    const to = await open({ resumedAt: 5 });
    expect(await newest()).toBe(basename(file(20)));
    await to.save(async (path) => {
      expect(await content()).toEqual([5, 10, 15, 20]);
      await writeCheckpointFile(path, about(10));
      expect(await content()).toHaveLength(5);
    }, about(10));
    expect(await content()).toEqual([5, 10]);
    await save(to, about(15));
    expect(await content()).toEqual([10, 15]);
    expect(warnings).toEqual([]);
  });

  test('keeps them when that checkpoint cannot be written', async () => {
    await filled([5, 10]);
    const to = await open({ resumedAt: 5 });
    await expect(to.save(() => Promise.reject(new Error('stopped')), about(6))).rejects.toThrow('stopped');
    expect(await content()).toEqual([5, 10]);
    await save(to, about(6));
    expect(await content()).toEqual([5, 6]);
  });

  test('may be killed at any point of this, and the new one is the newest from when it is written', async () => {
    const replacement = at('checkpoints', 'step-00000008-replaces-from-00000005.safetensors');
    for (const gone of [[], [10], [20], [10, 20], [8, 10, 20]]) {
      const steps = [5, 8, 10, 20].filter((step) => !gone.includes(step));
      await filled(steps);
      await writeCheckpointFile(replacement, about(8, 0.25));
      expect(await newest()).toBe(basename(replacement));

      const to = await open({ resumedAt: 8, saveLastK: 3 });
      // The path that was found is still good while the store is open and nothing was saved.
      expect(await newest()).toBe(basename(replacement));
      await save(to, about(9));
      expect(await content()).toEqual([5, 8, 9]);
      expect((await to.list())[1]).toMatchObject({ step: 8, score: 0.25 });
      for (const step of [5, 8, 9]) await rename(file(step), at(String(step)));
    }
  });

  test('gives nothing up for a replacement that was damaged meanwhile', async () => {
    await filled([5, 20]);
    const replacement = at('checkpoints', 'step-00000008-replaces-from-00000005.safetensors');
    await writeCheckpointFile(replacement, about(8));
    await truncate(replacement, 2000);
    expect(await newest()).toBe(basename(file(20)));
    const to = await open({ resumedAt: 20 });
    expect(warnings).toMatchObject([errorWith('INVALID_WEIGHTS', replacement)]);
    await expect(to.save(() => Promise.reject(new Error('stopped')), about(21))).rejects.toThrow('stopped');
    expect(await content()).toEqual([5, 20]);
  });

  test('saves again at the very step where it resumes', async () => {
    await filled([5, 10]);
    const to = await open({ resumedAt: 5 });
    await save(to, about(5, 0.5));
    expect(await content()).toEqual([5]);
    expect(await newest()).toBe(basename(file(5)));
  });
});

test('A checkpoint that is copied elsewhere is found there', async () => {
  await filled([7]);
  await copyFile(file(7), at('step-00000007.safetensors'));
  expect(await newestCheckpoint(at(), () => undefined)).toBe(at('step-00000007.safetensors'));
});

test('A search while a store saves and removes always finds a whole one', async () => {
  const to = await filled([1], { saveLastK: 1 });
  let isSaving = true;
  const saving = (async () => {
    for (let step = 2; step < 200; step++) await save(to, about(step));
    isSaving = false;
  })();
  let searches = 0;
  while (isSaving) {
    const { step, damaged } = await found();
    // One that was removed between the look at the folder and the look at the file is no damage; then the search is repeated.
    expect(damaged.every((what) => what.startsWith('FILE_NOT_FOUND'))).toBe(true);
    if (damaged.length === 0) expect(step).not.toBeNull();
    searches++;
    await sleep(1);
  }
  await saving;
  expect(searches).toBeGreaterThan(10);
});
