/**
 * A short run of `node scripts/fuzz-weights.mjs`: the first files of every way to write a kind are as large as its reader takes, so
 * that a bound which is missing shows in time, memory or an error that is none of ours.
 */
import { writeFile } from 'node:fs/promises';
import { fileOf } from '../../scripts/fuzz-weights/files.js';
import { fuzz } from '../../scripts/fuzz-weights/fuzz.js';
import { KINDS } from '../../scripts/fuzz-weights/kinds.js';
import { Reader } from '../../scripts/fuzz-weights/reader.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

test.each(Object.keys(KINDS))(
  'Each of the %s gives tensors or an error of the table, in bounds',
  async (kind) => {
    const { ways, mostBytes } = KINDS[kind] as (typeof KINDS)[string];
    // Where files are large, the first of each way say what there is to say.
    const more = mostBytes > 2 ** 20 ? 40 : 200;
    const { failures, files, accepted } = await fuzz({ kind, count: ways.length + more, seed: 1 });
    expect(failures).toEqual([]);
    // Some are sound: what is written reaches deep. A checksum finds nearly all damage.
    expect(accepted).toBeGreaterThanOrEqual(kind.endsWith('with checksum') ? 0 : 1);
    expect(accepted).toBeLessThan(files);
  },
);

test('A file is known by kind, seed and number', async () => {
  const [one, again, other] = await Promise.all(
    [1, 1, 2].map((seed) => fileOf('pickle programs', seed, 100)),
  );
  expect(one?.equals(again as Buffer)).toBe(true);
  expect(one?.equals(other as Buffer)).toBe(false);
});

test('A reader that dies says how', async () => {
  await writeFile(at('sound'), (await KINDS['idx files']?.sound()) ?? '');
  const reader = await Reader.start('idx', at('sound'));
  await expect(reader.read([at('sound'), at('sound')])).resolves.toMatchObject([
    { code: null },
    { code: null },
  ]);
  reader.kill();
  await expect(reader.read([at('sound')])).resolves.toBe('SIGKILL');
  await expect(reader.read([at('sound')])).resolves.toBe('SIGKILL');
  await reader.stop();
});
