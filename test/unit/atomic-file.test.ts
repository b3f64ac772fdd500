import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../src/formats/atomic-file.js';
import { errorWith } from '../support/errors.js';
import { testWhere } from '../support/skip.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

test('The chunks follow each other in the file, and nothing else is left in the folder', async () => {
  await writeFile(at('file'), 'old content that is longer than the new');
  await writeFileAtomic(at('file'), [Buffer.from('ab'), new Uint8Array(), Buffer.from('cd')]);
  expect(await readFile(at('file'), 'utf8')).toBe('abcd');
  expect(await readdir(at())).toEqual(['file']);
});

test('A chunk that is larger than one system call moves is written whole', async () => {
  const chunk = new Uint8Array(3_000_001).map((_, i) => i * 7);
  await writeFileAtomic(at('file'), [chunk]);
  expect(Buffer.compare(await readFile(at('file')), chunk)).toBe(0);
});

test('A failed write removes its temporary file and leaves the target as it was', async () => {
  await mkdir(at('taken'));
  await writeFile(at('taken', 'inside'), 'kept');
  await expect(writeFileAtomic(at('taken'), [Buffer.from('x')])).rejects.toMatchObject(
    errorWith('FILE_ERROR', at('taken')),
  );
  expect(await readdir(at())).toEqual(['taken']);
  expect(await readFile(at('taken', 'inside'), 'utf8')).toBe('kept');
});

test('A folder that does not exist is named', async () => {
  const writing = writeFileAtomic(at('nowhere', 'file'), []);
  await expect(writing).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', at('nowhere')));
});

test('Many writers of one path leave the content of one of them', async () => {
  const contents = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(1000));
  await Promise.all(contents.map((content) => writeFileAtomic(at('file'), [Buffer.from(content)])));
  expect(contents).toContain(await readFile(at('file'), 'utf8'));
  expect(await readdir(at())).toEqual(['file']);
});

const asAnybody = testWhere(process.getuid?.() !== 0, 'root may write to every folder');
asAnybody('A folder that may not be written is a FILE_ERROR', async () => {
  await chmod(at(), 0o500);
  await expect(writeFileAtomic(at('file'), [])).rejects.toMatchObject(errorWith('FILE_ERROR'));
  await chmod(at(), 0o700);
});
