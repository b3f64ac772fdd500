/** What a run does where its checkpoints cannot be written, or are another's. */
import { mkdir, readFile } from 'node:fs/promises';
import { readCheckpoint } from '../../src/index';
import {
  dir,
  expectRunOf,
  file,
  folder,
  runTo,
  stepsIn,
  train,
  validation,
} from '../support/checkpointed-run';
import { memoryDataset } from '../support/dataset';
import { errorWith } from '../support/errors';
import { build, fit, SMALL } from '../support/fit';
import { canMount, makeReadOnly, makeWritable, withSmallDisk } from '../support/mount';
import { testWhere } from '../support/skip';

const mounting = testWhere(canMount(), 'this user may not mount a small disk');

describe('the checkpoints of another run are left alone by', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['a new run', () => fit(build().trainer, train, { steps: 1, checkpointDir: dir() })],
    [
      'a trainer that has trained elsewhere',
      async () => {
        const { trainer } = build();
        await fit(trainer, train, { steps: 1 });
        await fit(trainer, train, { steps: 2, checkpointDir: dir() });
      },
    ],
    [
      'a run that resumes from another folder',
      async () => {
        await fit(build().trainer, train, { steps: 1, checkpointDir: folder('other') });
        await fit(build().trainer, train, { steps: 2, checkpointDir: dir(), resume: folder('other') });
      },
    ],
  ])('%s', async (_, run) => {
    await runTo(4);
    await expect(run()).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'another run', dir()));
    expect(await stepsIn()).toEqual([2, 4]);
  });

  test('another run in the same process, until the first is left', async () => {
    const first = build().trainer.fit(train, { ...SMALL, steps: 4, checkpointDir: dir() });
    await first.next();
    await expect(runTo(4)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'already training in'));
    await first.return(undefined as never);
    expect((await runTo(1)).result.reason).toBe('completed');
  });
});

describe('where a checkpoint cannot be written', () => {
  mounting('a full disk ends the run, and the same trainer resumes elsewhere', async () => {
    await mkdir(dir());
    const { model, trainer } = build();
    await withSmallDisk(dir(), 70_000, async () => {
      const loop = fit(trainer, train, { steps: 5, checkpointDir: dir() });
      await expect(loop).rejects.toMatchObject(errorWith('FILE_ERROR', 'the disk is full', 'after step 4'));
      expect(await stepsIn()).toEqual([2]);
      expect(await readCheckpoint(file(2))).toMatchObject({ state: { globalStep: 2 } });
      await fit(trainer, train, { steps: 5, checkpointDir: folder('elsewhere') });
    });
    await expectRunOf(model, 5);
  });

  mounting('a disk that becomes read-only leaves what is there', async () => {
    await mkdir(dir());
    const { trainer } = build();
    await withSmallDisk(dir(), 200_000, async () => {
      const loop = fit(trainer, train, { epochs: 3, checkpointDir: dir() }, ({ type }) => {
        if (type === 'checkpoint') makeReadOnly(dir());
      });
      await expect(loop).rejects.toMatchObject(errorWith('FILE_ERROR', 'read-only', 'after step 4'));
      makeWritable(dir());
      const on = build();
      await fit(on.trainer, train, { epochs: 2, checkpointDir: dir(), resume: 'auto' });
      await expectRunOf(on.model, 4);
    });
  });

  test('a loss that explodes ends the run with its step and rate, and leaves the last good checkpoint', async () => {
    await runTo(2);
    const before = await readFile(file(2));
    const loop = runTo(6, {}, { optimizer: { lr: 1e30 } });
    await expect(loop).rejects.toMatchObject(errorWith('DIVERGED', 'step 4', '1e+30', 'lower learning rate'));
    expect((await readFile(file(2))).equals(before)).toBe(true);
    expect(await stepsIn()).toEqual([2]);
  });

  test('a validation that is no number is no epoch, and its weights are not kept', async () => {
    const single = memoryDataset(2);
    const { trainer } = build({ optimizer: { lr: 1e25 } });
    const loop = fit(trainer, single, { epochs: 2, validation, checkpointDir: dir() });
    await expect(loop).rejects.toMatchObject(errorWith('DIVERGED', 'validation', 'step 1'));
    expect(await stepsIn()).toEqual([]);
  });
});
