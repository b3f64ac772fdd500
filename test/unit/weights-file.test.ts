import { rename, truncate, writeFile } from 'node:fs/promises';
import { WeightsFile } from '../../src/formats/weights-file.js';
import { readStored } from '../../src/weights/load.js';
import { saveFile, storedGroup } from '../../src/weights/save.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

const save = (path: string, values: number[]) =>
  saveFile(
    path,
    [storedGroup('', { a: { dtype: 'F32', shape: [values.length], data: Float32Array.from(values) } })],
    async () => ({ note: String(values[0]) }),
  );

const valuesOf = async (file: WeightsFile) => [...((await readStored(file, file.tensors)).a?.data ?? [])];

test('A file that is replaced while it is open keeps its tensors and its metadata', async () => {
  await save(at('file'), [1, 2]);
  const file = await WeightsFile.open(at('file'));
  await save(at('other'), [3, 4, 5]);
  await rename(at('other'), at('file'));
  expect(await valuesOf(file)).toEqual([1, 2]);
  expect(file.metadata.note).toBe('1');
  await file.verify();
  await file.assertUnchanged();
  await file.close();
});

test('A file that is truncated while it is open is an error that names it', async () => {
  await save(at('file'), [1, 2]);
  const file = await WeightsFile.open(at('file'));
  await truncate(at('file'), file.bytes - 1);
  const expected = errorWith('INVALID_WEIGHTS', at('file'), 'cut short');
  await expect(file.verify()).rejects.toMatchObject(expected);
  await expect(valuesOf(file)).rejects.toMatchObject(expected);
  await expect(file.assertUnchanged()).rejects.toMatchObject(errorWith('INVALID_WEIGHTS', 'written to'));
  await file.close();
});

test('Every byte is compared with the checksum once', async () => {
  await save(at('file'), [1, 2]);
  const file = await WeightsFile.open(at('file'));
  await file.verify();
  await writeFile(at('file'), 'x', { flag: 'r+' });
  await file.verify();
  await file.close();
  await file.close();
});
