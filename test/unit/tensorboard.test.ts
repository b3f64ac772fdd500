import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { StepRecord } from '../../src/run/records/records.js';
import { RunLog } from '../../src/run/records/run-log.js';
import { crc32c, maskedCrc32c } from '../../src/run/tensorboard/crc32c.js';
import { restartEvent, scalarsEvent, versionEvent } from '../../src/run/tensorboard/event.js';
import { TensorBoardLog } from '../../src/run/tensorboard/tensorboard.js';
import { errorWith } from '../support/errors.js';
import { runRecords } from '../support/runs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const RECORDS = runRecords({ epochs: 2, stepsPerEpoch: 3 });

async function writeLog(records = RECORDS): Promise<void> {
  const log = await RunLog.open(at(), { resume: { step: 0, epoch: 0 } });
  for (const record of records) await log.append(record);
  await log.close();
}

async function openAndClose(): Promise<string> {
  const events = await TensorBoardLog.open(at());
  await events.close();
  return events.path;
}

/** The data of each record of a file; every length and checksum is checked. */
function frames(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let i = 0; i < file.length; ) {
    const length = Number(file.readBigUInt64LE(i));
    expect(file.readUInt32LE(i + 8)).toBe(maskedCrc32c(file.subarray(i, i + 8)));
    const data = file.subarray(i + 12, i + 12 + length);
    expect(file.readUInt32LE(i + 12 + length)).toBe(maskedCrc32c(data));
    found.push(data);
    i += 16 + length;
  }
  return found;
}

describe('CRC-32C', () => {
  // RFC 3720, B.4, and the check value of the catalogue of CRC algorithms.
  test.each([
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['31 to 0', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s', (_, bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });

  test('is masked by a turn and a constant', () => {
    expect(maskedCrc32c(Buffer.alloc(0))).toBe(0xa282ead8);
    // The length of the first record of any event file of TensorFlow, 24 bytes, and what stands behind it there.
    expect(maskedCrc32c(Buffer.from('1800000000000000', 'hex'))).toBe(0x224b7fa3);
  });
});

describe('An event', () => {
  test('of the version is that which TensorFlow writes', () => {
    const [data] = frames(versionEvent(0));
    expect(data?.toString('hex')).toBe(
      `090000000000000000${'1a0d'}${Buffer.from('brain.Event:2').toString('hex')}`,
    );
  });

  test('of a restart has step 0', () => {
    const [data] = frames(restartEvent(0));
    expect(data?.toString('hex')).toBe('09000000000000000010003a020801');
  });

  test('of scalars has time, step, tags and values', () => {
    const [data] = frames(scalarsEvent({ time: 1, step: 2 ** 35, values: [['a', 1]] }));
    expect(data?.toString('hex')).toBe('09000000000000f03f108080808080012a0a0a080a0161150000803f');
  });
});

describe('The file of a run', () => {
  test('holds its log and what is appended, one event a record', async () => {
    await writeLog(RECORDS.slice(0, 4));
    const events = await TensorBoardLog.open(at());
    await Promise.all(RECORDS.slice(4).map((record) => events.append(record)));
    await events.close();
    expect(frames(await readFile(events.path))).toHaveLength(2 + RECORDS.length);
    await writeLog(RECORDS);
    const again = frames(await readFile(await openAndClose()));
    expect(again.slice(2)).toEqual(frames(await readFile(await openAndClose())).slice(2));
  });

  test('replaces older ones and the remains of a kill, and leaves those of others alone', async () => {
    await writeLog();
    const later = Math.floor(Date.now() / 1000) + 1000;
    const others = [
      'events.out.tfevents.1.host',
      'events.out.tfevents.1.host.profile-empty',
      '.tensorboard.tmp',
    ];
    const ours = [
      'events.out.tfevents.1.googlenet',
      `events.out.tfevents.${later}.googlenet`,
      '.tensorboard.0-a.tmp',
    ];
    for (const name of [...others, ...ours]) await writeFile(at(name), 'x');
    const path = await openAndClose();
    expect(path).toBe(at(`events.out.tfevents.${later + 1}.googlenet`));
    expect((await readdir(at())).sort()).toEqual(
      [...others, `events.out.tfevents.${later + 1}.googlenet`, 'metrics.jsonl'].sort(),
    );
  });

  test('is not made where the log is missing or damaged; the older one stays', async () => {
    await writeLog();
    const path = await openAndClose();
    await writeFile(at('metrics.jsonl'), '{}\n');
    await expect(TensorBoardLog.open(at())).rejects.toMatchObject(errorWith('INVALID_RUN_LOG'));
    expect((await readdir(at())).map((name) => at(name))).toEqual([path, at('metrics.jsonl')]);
    await expect(TensorBoardLog.open(at('none'))).rejects.toMatchObject(errorWith('FILE_NOT_FOUND'));
  });

  test('of a log of many pieces is complete', async () => {
    const records = runRecords({ epochs: 1, stepsPerEpoch: 5000 });
    await writeFile(at('metrics.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    expect(frames(await readFile(await openAndClose()))).toHaveLength(2 + 5001);
  });

  test('takes records only, and fails with a FILE_ERROR when it is closed', async () => {
    await writeLog();
    const events = await TensorBoardLog.open(at());
    const [record] = RECORDS;
    const broken = { ...record, time: 'now' } as unknown as StepRecord;
    await expect(events.append(broken)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'record.time'));
    await events.close();
    await expect(events.append(RECORDS[0] ?? broken)).rejects.toMatchObject(
      errorWith('FILE_ERROR', 'tfevents'),
    );
  });
});
