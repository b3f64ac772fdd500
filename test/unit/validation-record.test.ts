import { mkdir, writeFile } from 'node:fs/promises';
import {
  checkValidation,
  readValidation,
  VALIDATION_FILE,
  type ValidationRecord,
  writeValidation,
} from '../../src/run/records/validation-record.js';
import { errorWith } from '../support/errors.js';
import { PIXEL, validationRecord } from '../support/runs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const RECORD = validationRecord(['cat', 'dog', 'émeu <b>']);
const [SAMPLE] = RECORD.samples;

test('a record reads back as written, and may be missing', async () => {
  expect(await readValidation(at())).toBeNull();
  await writeValidation(at(), RECORD);
  expect(await readValidation(at())).toEqual(RECORD);
  await writeValidation(at(), { ...RECORD, mistakes: [], samples: [] });
  expect(await readValidation(at())).toMatchObject({ mistakes: [] });
});

const sample = (more: object) => ({ ...RECORD, samples: [{ ...SAMPLE, ...more }] });

test.each<[string, unknown, string]>([
  ['no object', [], 'validation'],
  ['half an epoch', { ...RECORD, epoch: 0.5 }, 'validation.epoch'],
  ['no step', { ...RECORD, step: undefined }, 'validation.step'],
  ['too many classes', { ...RECORD, classes: Array(4097).fill('a') }, 'validation.classes'],
  ['no classes', { ...RECORD, classes: [] }, 'validation.classes'],
  ['a class that is a number', { ...RECORD, classes: ['cat', 1, 'dog'] }, 'validation.classes[1]'],
  ['a matrix that lacks a row', { ...RECORD, confusion: RECORD.confusion.slice(1) }, '3 rows of 3'],
  [
    'a row that lacks a number',
    { ...RECORD, confusion: [[1, 2], ...RECORD.confusion.slice(1)] },
    '3 rows of 3',
  ],
  ['a row too long', { ...RECORD, confusion: [[1, 2, 3, 4], ...RECORD.confusion.slice(1)] }, 'confusion[0]'],
  ['half an image', { ...RECORD, confusion: [[1, 0.5, 0], ...RECORD.confusion.slice(1)] }, 'confusion'],
  ['too many mistakes', { ...RECORD, mistakes: Array(25).fill(SAMPLE) }, 'validation.mistakes'],
  ['too many samples', { ...RECORD, samples: Array(13).fill(SAMPLE) }, 'validation.samples'],
  ['a label beyond the classes', sample({ label: 3 }), 'samples[0].label'],
  ['a prediction before the first', sample({ predicted: -1 }), 'samples[0].predicted'],
  ['a probability above one', sample({ probability: 1.5 }), 'samples[0].probability'],
  ['a probability that is none', sample({ labelProbability: null }), 'samples[0].labelProbability'],
  ['a name that is none', sample({ name: 7 }), 'samples[0].name'],
  ['an image from elsewhere', sample({ image: 'https://example.org/a.png' }), 'samples[0].image'],
  ['an image that is a page', sample({ image: 'data:text/html;base64,PGI+' }), 'samples[0].image'],
  ['an image that is a drawing', sample({ image: 'data:image/svg+xml;base64,PGI+' }), 'samples[0].image'],
  ['an image that ends its attribute', sample({ image: `${PIXEL}" onload="x` }), 'samples[0].image'],
  ['an image and a line', sample({ image: `${PIXEL}\n` }), 'samples[0].image'],
  ['an image too long', sample({ image: PIXEL.padEnd(2 ** 15 + 1, 'A') }), 'samples[0].image'],
])('%s is refused, in memory and in a file', async (_, value, mention) => {
  expect(() => checkValidation(value)).toThrow(
    expect.objectContaining(errorWith('INVALID_ARGUMENT', mention)),
  );
  const writing = writeValidation(at(), value as ValidationRecord);
  await expect(writing).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', mention));
  await writeFile(at(VALIDATION_FILE), JSON.stringify(value));
  await expect(readValidation(at())).rejects.toMatchObject(
    errorWith('INVALID_RUN_LOG', VALIDATION_FILE, mention),
  );
});

test('a file that is torn, and one that is a folder', async () => {
  await writeFile(at(VALIDATION_FILE), JSON.stringify(RECORD).slice(0, -5));
  await expect(readValidation(at())).rejects.toMatchObject(errorWith('INVALID_RUN_LOG', VALIDATION_FILE));
  await mkdir(at('folder', VALIDATION_FILE), { recursive: true });
  await expect(readValidation(at('folder'))).rejects.toMatchObject(errorWith('FILE_ERROR', VALIDATION_FILE));
});
