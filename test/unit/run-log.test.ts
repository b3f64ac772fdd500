import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import type { EpochMetrics, EpochRecord, StepRecord } from '../../src/run/records/records.js';
import { METRICS_FILE, RunLog, readRunRecords } from '../../src/run/records/run-log.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

const step = (number: number, more: Partial<StepRecord> = {}): StepRecord => ({
  type: 'step',
  step: number,
  epoch: Math.ceil(number / 3),
  time: 1_700_000_000.5 + number,
  lr: 0.01,
  loss: 2.5 / number,
  mainLoss: 1.5 / number,
  aux1Loss: 1.6,
  aux2Loss: 1.7,
  top1: 0.25,
  aux1Top1: 0.125,
  aux2Top1: 0.1875,
  gradNorm: null,
  imagesPerSecond: 31.5,
  ...more,
});
const scores = (loss: number): EpochMetrics => ({
  ...{ loss, mainLoss: loss / 2, aux1Loss: null, aux2Loss: null },
  ...{ top1: 0.3, top5: 0.8, aux1Top1: null, aux2Top1: null },
});
const epoch = (number: number, more: Partial<EpochRecord> = {}): EpochRecord => ({
  type: 'epoch',
  epoch: number,
  step: number * 3,
  time: 1_700_000_000.75 + number * 3,
  lr: 0.01,
  train: scores(2),
  validation: scores(2.1),
  skipped: 0,
  imagesPerSecond: 30,
  seconds: 12.5,
  ...more,
});
/** Two epochs of three steps and the first step of the third. */
const RUN = [step(1), step(2), step(3), epoch(1), step(4), step(5), step(6), epoch(2), step(7)];

async function write(...records: (StepRecord | EpochRecord)[]): Promise<void> {
  const log = await RunLog.open(at());
  for (const record of records) await log.append(record);
  await log.close();
}
const resume = async (position: { step: number; epoch: number }) => {
  const log = await RunLog.open(at(), { resume: position });
  await log.close();
  return readRunRecords(at());
};

test('Records are read back as they were written, one a line', async () => {
  await write(...RUN);
  expect(await readRunRecords(at())).toEqual(RUN);
  expect((await readFile(at(METRICS_FILE), 'utf8')).split('\n')).toHaveLength(RUN.length + 1);
});

test('Lines keep their order when nobody waits between them', async () => {
  const log = await RunLog.open(at());
  const records = Array.from({ length: 200 }, (_, i) => step(i + 1));
  await Promise.all(records.map((record) => log.append(record)));
  await log.close();
  expect(await readRunRecords(at())).toEqual(records);
});

test('Numbers that JSON lacks become null', async () => {
  await write(step(1, { aux1Loss: Number.NaN, aux2Loss: Number.POSITIVE_INFINITY }));
  expect(await readRunRecords(at())).toEqual([step(1, { aux1Loss: null, aux2Loss: null })]);
});

test('A line that a kill has torn is left out by readers and cut off by the run that resumes', async () => {
  await write(...RUN);
  const whole = await readFile(at(METRICS_FILE));
  const last = whole.lastIndexOf(0x0a, -2) + 1;
  for (let size = last; size < whole.length; size++) {
    await writeFile(at(METRICS_FILE), whole.subarray(0, size));
    expect(await readRunRecords(at())).toEqual(RUN.slice(0, -1));
  }
  const log = await RunLog.open(at(), { resume: { step: 7, epoch: 2 } });
  await log.append(step(7));
  await log.close();
  expect(await readFile(at(METRICS_FILE))).toEqual(whole);
});

describe('A run that resumes', () => {
  beforeEach(() => write(...RUN));

  test('keeps what its checkpoint knows and drops what is going to happen again', async () => {
    expect(await resume({ step: 7, epoch: 2 })).toEqual(RUN);
    expect(await resume({ step: 6, epoch: 2 })).toEqual(RUN.slice(0, 8));
    expect(await resume({ step: 4, epoch: 1 })).toEqual(RUN.slice(0, 5));
    expect(await resume({ step: 3, epoch: 1 })).toEqual(RUN.slice(0, 4));
  });

  test('drops the record of an epoch whose last step is known but whose end is not', async () => {
    expect(await resume({ step: 6, epoch: 1 })).toEqual(RUN.slice(0, 7));
  });

  test('may begin again from nothing', async () => {
    expect(await resume({ step: 0, epoch: 0 })).toEqual([]);
  });

  test('appends after what it kept', async () => {
    const log = await RunLog.open(at(), { resume: { step: 3, epoch: 1 } });
    await log.append(step(4, { loss: 9 }));
    await log.close();
    expect(await readRunRecords(at())).toEqual([...RUN.slice(0, 4), step(4, { loss: 9 })]);
  });
});

test('A new run does not mix its records with those of another', async () => {
  await write(step(1));
  await expect(RunLog.open(at())).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'another run'));
  expect(await readRunRecords(at())).toEqual([step(1)]);
});

test('A log of ten thousand lines, with characters of several bytes across the pieces, is read whole', async () => {
  const records = Array.from({ length: 10_000 }, (_, i) => ({
    ...step(i + 1),
    note: 'é\u{1F600}'.repeat(i % 9),
  }));
  await writeFile(at(METRICS_FILE), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  expect(await readRunRecords(at())).toEqual(records);
});

describe('What is no log is refused', () => {
  test.each<[string, string, string]>([
    ['text', 'hello\n', 'Line 1'],
    ['an empty line', `${JSON.stringify(step(1))}\n\n`, 'Line 2'],
    ['two records on one line', `${JSON.stringify(step(1))}${JSON.stringify(step(2))}\n`, 'Line 1'],
    ['an unknown type', '{"type":"note"}\n', 'record.type'],
    ['a list', '[]\n', 'an object'],
    ['a missing field', `${JSON.stringify({ ...step(1), loss: undefined })}\n`, 'record.loss'],
    ['a text for a number', `${JSON.stringify({ ...step(1), step: '1' })}\n`, 'record.step'],
    [
      'a record of before times were written',
      `${JSON.stringify({ ...step(1), time: undefined })}\n`,
      'record.time',
    ],
    ['a time that no date has', `${JSON.stringify({ ...step(1), time: 1e300 })}\n`, 'record.time'],
    [
      'a learning rate beyond all numbers',
      JSON.stringify(step(1)).replace('0.01', '1e999').concat('\n'),
      'record.lr',
    ],
    ['a step before the first', `${JSON.stringify({ ...step(1), step: 0 })}\n`, 'record.step'],
    ['half an epoch', `${JSON.stringify({ ...epoch(1), epoch: 1.5 })}\n`, 'record.epoch'],
    [
      'scores without those of a head',
      `${JSON.stringify({ ...epoch(1), train: { ...scores(1), aux1Top1: undefined } })}\n`,
      'record.train.aux1Top1',
    ],
    ['fewer than no images', `${JSON.stringify({ ...epoch(1), skipped: -1 })}\n`, 'record.skipped'],
    ['scores that are none', `${JSON.stringify({ ...epoch(1), train: 3 })}\n`, 'record.train'],
    ['a line without end', 'x'.repeat(200_000), 'too long'],
  ])('%s', async (_, content, mention) => {
    await appendFile(at(METRICS_FILE), content);
    await expect(readRunRecords(at())).rejects.toMatchObject(
      errorWith('INVALID_RUN_LOG', METRICS_FILE, mention),
    );
    const opening = RunLog.open(at(), { resume: { step: 9, epoch: 9 } });
    await expect(opening).rejects.toMatchObject(errorWith('INVALID_RUN_LOG'));
  });

  test('a folder that does not exist, and a log that is a folder', async () => {
    await expect(readRunRecords(at('none'))).rejects.toMatchObject(errorWith('FILE_NOT_FOUND'));
    await expect(RunLog.open(at('none'))).rejects.toMatchObject(errorWith('FILE_NOT_FOUND'));
    await mkdir(at(METRICS_FILE));
    await expect(readRunRecords(at())).rejects.toMatchObject(errorWith('FILE_ERROR'));
    await expect(RunLog.open(at())).rejects.toMatchObject(errorWith('FILE_ERROR'));
  });

  test('a record with a field missing, before it is written', async () => {
    const log = await RunLog.open(at());
    const broken = { ...step(1), top1: undefined } as unknown as StepRecord;
    await expect(log.append(broken)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'record.top1'));
    await log.close();
    expect(await readRunRecords(at())).toEqual([]);
  });
});

test('A log that cannot be written fails with a FILE_ERROR', async () => {
  const log = await RunLog.open(at());
  await log.close();
  await expect(log.append(step(1))).rejects.toMatchObject(errorWith('FILE_ERROR', METRICS_FILE));
});
