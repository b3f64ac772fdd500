import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { readRegularFile, readRegularText, readTextIfThere } from '../../src/core/files/regular-file.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

test('a file is read whole, also one without a size', async () => {
  await writeFile(at('file'), 'naïve');
  expect(await readRegularText(at('file'))).toBe('naïve');
  await writeFile(at('empty'), '');
  expect(await readRegularText(at('empty'))).toBe('');
  expect(await readRegularText('/proc/self/status')).toContain('VmRSS');
});

test('a file larger than agreed is refused, whatever size it says it has', async () => {
  await writeFile(at('file'), Buffer.alloc(101));
  await expect(readRegularFile(at('file'), 100)).rejects.toMatchObject(errorWith('FILE_ERROR', '101', '100'));
  expect(await readRegularFile(at('file'), 101)).toHaveLength(101);
  await expect(readRegularFile('/proc/self/status', 100)).rejects.toMatchObject(errorWith('FILE_ERROR'));
});

test('a named pipe, a device, a folder and a socket are refused at once', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  const server = createServer().listen(at('socket'));
  try {
    for (const path of [at('pipe'), '/dev/zero', at(), at('socket')]) {
      await expect(readRegularText(path)).rejects.toMatchObject(errorWith('FILE_ERROR', path));
    }
  } finally {
    server.close();
  }
});

test('a file that is not there is named, or null where it need not be there', async () => {
  await expect(readRegularText(at('file'))).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', at('file')));
  expect(await readTextIfThere(at('file'))).toBeNull();
  execFileSync('mkfifo', [at('pipe')]);
  await expect(readTextIfThere(at('pipe'))).rejects.toMatchObject(errorWith('FILE_ERROR'));
});
