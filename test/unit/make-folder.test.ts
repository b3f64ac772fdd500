import { mkdir, stat, writeFile } from 'node:fs/promises';
import { makeFolder } from '../../src/core/files/make-folder.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

test('a folder is made with those above it, and one that is there is left', async () => {
  await Promise.all([makeFolder(at('a/b/c')), makeFolder(at('a/b/d'))]);
  expect((await stat(at('a/b/c'))).isDirectory()).toBe(true);
  await makeFolder(at('a/b/c'));
  await mkdir(at('a/e'));
  await makeFolder(at('a/e'));
});

test('a file in its place, or above it, is an error', async () => {
  await writeFile(at('file'), '');
  for (const path of ['file', 'file/a']) {
    await expect(makeFolder(at(path))).rejects.toMatchObject(errorWith('FILE_ERROR', 'create', at(path)));
  }
});

test('where the system makes no folders, it says so', async () => {
  await expect(makeFolder('/proc/run')).rejects.toMatchObject({ name: 'GoogLeNetError' });
  await expect(makeFolder('/proc/a/b')).rejects.toMatchObject({ name: 'GoogLeNetError' });
});
