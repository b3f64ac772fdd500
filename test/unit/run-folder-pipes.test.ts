/** A run's folder may come from somebody else: what waits for ever there must not stop whoever looks at the run. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { prepareRun } from '../../src/cli/train/prepare.js';
import { Dashboard } from '../../src/dashboard/dashboard.js';
import { RunFiles } from '../../src/dashboard/run-files.js';
import { readIdx } from '../../src/formats/idx.js';
import { RunLog, readRunRecords } from '../../src/run/records/run-log.js';
import { readRunSettings } from '../../src/run/records/run-settings.js';
import { readValidation } from '../../src/run/records/validation-record.js';
import { errorWith } from '../support/errors.js';
import { runCommandLine } from '../support/host.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const nobody = {
  onSettings: () => undefined,
  onRecord: () => undefined,
  onRestart: () => undefined,
  onValidation: () => undefined,
};

const READERS: [file: string, reader: string, read: () => Promise<unknown>][] = [
  ['settings.json', 'train --resume', () => prepareRun({ resume: at(), settings: {} })],
  ['settings.json', 'compare', () => readRunSettings(at())],
  ['settings.json', 'the dashboard', () => Dashboard.open({ runDir: at(), follow: true })],
  ['metrics.jsonl', 'the dashboard', () => new RunFiles(at(), nobody).read()],
  ['metrics.jsonl', 'the report', () => readRunRecords(at())],
  ['metrics.jsonl', 'the log of a run', () => RunLog.open(at())],
  ['validation.json', 'the dashboard', () => new RunFiles(at(), nobody).read()],
  ['validation.json', 'the report', () => readValidation(at())],
  ['train-images-idx3-ubyte', 'the idx reader', () => readIdx(at('train-images-idx3-ubyte'), 3)],
];

test.each(READERS)('a named pipe as %s is refused by %s', async (file, _, read) => {
  execFileSync('mkfifo', [at(file)]);
  await expect(read()).rejects.toMatchObject(errorWith('FILE_ERROR', file, 'regular file'));
});

test('settings.json of gigabytes is refused before it is read', async () => {
  await writeFile(at('settings.json'), '');
  execFileSync('truncate', ['-s', '3G', at('settings.json')]);
  await expect(readRunSettings(at())).rejects.toMatchObject(errorWith('FILE_ERROR', 'settings.json'));
  expect(await runCommandLine('train', '--resume', at())).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^FILE_ERROR: .*settings\.json.*at most/),
  });
});
