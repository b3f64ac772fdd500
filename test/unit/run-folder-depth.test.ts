/** What a run wrote down may come from somebody else: values that are nested as deep as no recursion goes are said to be damage. */
import { writeFile } from 'node:fs/promises';
import { prepareRun } from '../../src/cli/train/prepare.js';
import { Dashboard } from '../../src/dashboard/dashboard.js';
import { readRunRecords } from '../../src/run/records/run-log.js';
import { readRunSettings } from '../../src/run/records/run-settings.js';
import { readValidation } from '../../src/run/records/validation-record.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const settings = `{"settings":{"epochs":1,"lr":${deep}},"classes":[],"train":{"folder":${deep},"images":1}}`;

test.each<[file: string, reader: string, text: string, read: () => Promise<unknown>]>([
  ['settings.json', 'train --resume', settings, () => prepareRun({ resume: at(), settings: {} })],
  ['settings.json', 'compare', settings, () => readRunSettings(at())],
  ['settings.json', 'the dashboard', settings, () => Dashboard.open({ runDir: at(), follow: true })],
  ['metrics.jsonl', 'the report', `{"type":"step","step":${deep}}\n`, () => readRunRecords(at())],
  ['validation.json', 'the report', `{"confusion":${deep}}`, () => readValidation(at())],
])('a deep value in %s is refused by %s', async (file, _, text, read) => {
  await writeFile(at(file), text);
  await expect(read()).rejects.toMatchObject(
    errorWith(expect.stringMatching(/^INVALID_/) as never, file, 'nested more than 32 deep'),
  );
});
