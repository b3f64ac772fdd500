import { randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { prepareRun, type TrainFlags } from '../../src/cli/train/prepare.js';
import { readRun, writeRun } from '../../src/run/run-description.js';
import { removeUnfinishedFiles } from '../../src/run/run-files.js';
import { DEFAULTS } from '../../src/run/settings.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();

async function images(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(path(name)), { recursive: true });
    // As far as anybody looks who plans a training.
    await writeFile(path(name), Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  }
}

const plan = (flags: Partial<TrainFlags>) => prepareRun({ settings: {}, ...flags });

/** A run of the given images that has been written down. */
async function begun(settings: TrainFlags['settings'] = {}): Promise<void> {
  await images('data/train/a/0.png', 'data/train/b/0.png', 'data/val/a/0.png', 'data/val/b/0.png');
  const { run } = await plan({ data: path('data'), out: path('run'), settings });
  await mkdir(path('run'));
  await writeRun(path('run'), { ...run, environment: {} });
}

test('a new run has the defaults where nothing was typed', async () => {
  await images('data/train/a/0.png', 'data/train/b/0.png');
  const { run, resumed, checkpoint } = await plan({
    data: path('data'),
    out: path('run'),
    settings: { lr: 0.5 },
  });
  expect(run).toEqual({
    train: { folder: path('data/train'), images: 2 },
    validation: null,
    weights: null,
    settings: { ...DEFAULTS, lr: 0.5 },
    classes: ['a', 'b'],
  });
  expect({ resumed, checkpoint }).toEqual({ resumed: false, checkpoint: null });
  expect(await readdir(path())).toEqual(['data']);
});

test.each([
  ['val', ['val', 'validation', 'test']],
  ['validation', ['validation', 'test']],
  ['test', ['test']],
])('--data takes %s/ for validation where it has %p', async (expected, folders) => {
  await images('data/train/a/0.png', ...folders.map((name) => `data/${name}/a/0.png`));
  const { run } = await plan({ data: path('data'), out: path('run') });
  expect(run.validation?.folder).toBe(path('data', expected));
});

test.each(['settings.json', 'metrics.jsonl', 'checkpoints/step-00000001.safetensors', 'model.safetensors'])(
  'a folder with %s holds a run and is refused',
  async (name) => {
    await images('data/train/a/0.png', `run/${name}`);
    const error = errorWith('INVALID_ARGUMENT', '--resume', '--out');
    await expect(plan({ data: path('data'), out: path('run') })).rejects.toMatchObject(error);
  },
);

test('a folder with other files is taken', async () => {
  await images('data/train/a/0.png', 'run/notes.txt');
  await expect(plan({ data: path('data'), out: path('run') })).resolves.toMatchObject({ resumed: false });
});

test('a run that was written down is read back as it was', async () => {
  await begun({ seed: 7, everyNTrainSteps: 3 });
  const { run, resumed } = await plan({ resume: path('run') });
  expect(resumed).toBe(true);
  expect(run.settings).toEqual({ ...DEFAULTS, seed: 7, everyNTrainSteps: 3 });
  expect(run.classes).toEqual(['a', 'b']);
});

test('a resumed run may have more epochs and other checkpoints, and no fewer epochs', async () => {
  await begun({ epochs: 4 });
  const longer = await plan({ resume: path('run'), settings: { epochs: 6, everyNTrainSteps: 10 } });
  expect(longer.run.settings).toEqual({ ...DEFAULTS, epochs: 6, everyNTrainSteps: 10 });
  const shorter = plan({ resume: path('run'), settings: { epochs: 3 } });
  await expect(shorter).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', '4 epochs'));
});

test('a resumed run refuses other settings, all of which it names', async () => {
  await begun();
  const changed = plan({ resume: path('run'), settings: { lr: 0.1, nesterov: true, momentum: 0.9 } });
  const error = errorWith('INVALID_ARGUMENT', '--lr (0.01, now 0.1)', '--nesterov (false, now true)');
  await expect(changed).rejects.toMatchObject(error);
  await expect(changed).rejects.not.toThrow('--momentum');
});

test('images may move between two parts of a run', async () => {
  await begun();
  await images('moved/train/a/0.png', 'moved/train/b/0.png', 'moved/val/a/0.png', 'moved/val/b/0.png');
  const { run } = await plan({ resume: path('run'), data: path('moved') });
  expect(run.train.folder).toBe(path('moved/train'));
});

test.each([
  ['one image more', ['data/train/a/1.png'], 'INVALID_DATASET'],
  ['a class more', ['data/train/c/0.png'], 'INVALID_DATASET'],
] as const)('%s would be another run', async (_, files, code) => {
  await begun();
  await images(...files);
  await expect(plan({ resume: path('run') })).rejects.toMatchObject(errorWith(code));
});

test('validation cannot be left out half-way', async () => {
  await begun();
  const without = plan({ resume: path('run'), train: path('data/train') });
  await expect(without).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'validation'));
});

test.each([
  ['no JSON', '{'],
  ['a setting is missing', JSON.stringify({ settings: {} })],
  ['a setting too many', '{"train":1,"surprise":2}'],
])('settings.json with %s is damaged', async (_, text) => {
  await images('run/settings.json');
  await writeFile(path('run/settings.json'), text);
  await expect(readRun(path('run'))).rejects.toMatchObject(errorWith('INVALID_CHECKPOINT', 'settings.json'));
});

test('what a killed process was writing is cleared away', async () => {
  await begun();
  const ours = ['best.safetensors', 'report.html'].map((name) => `run/.${name}.${randomUUID()}.tmp`);
  await images(...ours, 'run/.mine.tmp');
  await removeUnfinishedFiles(path('run'));
  expect((await readdir(path('run'))).sort()).toEqual(['.mine.tmp', 'settings.json']);
});
