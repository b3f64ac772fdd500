import { execFileSync } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../src/core/files/atomic-file.js';
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

test.each(['a'.repeat(255), 'é'.repeat(127), `${'日'.repeat(80)}.safetensors`])(
  'A name as long as file systems take it is written: %s',
  async (name) => {
    await writeFileAtomic(at(name), [Buffer.from('x')]);
    expect(await readdir(at())).toEqual([name]);
  },
);

test('A symbolic link stays one, and the file that it leads to is replaced, also one that is not there yet', async () => {
  await mkdir(at('disk'));
  await symlink('disk/real', at('link'));
  await symlink('link', at('link to the link'));
  for (const content of ['first', 'second']) {
    await writeFileAtomic(at('link to the link'), [Buffer.from(content)]);
    expect(await readFile(at('disk/real'), 'utf8')).toBe(content);
  }
  expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
  expect((await lstat(at('link to the link'))).isSymbolicLink()).toBe(true);
  expect(await readdir(at('disk'))).toEqual(['real']);
});

test('Links in a circle are a FILE_ERROR', async () => {
  await symlink('b', at('a'));
  await symlink('a', at('b'));
  await expect(writeFileAtomic(at('a'), [])).rejects.toMatchObject(errorWith('FILE_ERROR', at('a')));
});

test('An existing file keeps its permissions; a new one gets those that the process gives', async () => {
  await writeFile(at('secret'), 'old');
  await chmod(at('secret'), 0o600);
  await writeFileAtomic(at('secret'), [Buffer.from('new')]);
  expect((await stat(at('secret'))).mode & 0o777).toBe(0o600);
  await writeFileAtomic(at('fresh'), []);
  await writeFile(at('usual'), '');
  expect((await stat(at('fresh'))).mode).toBe((await stat(at('usual'))).mode);
});

const asRoot = testWhere(process.getuid?.() === 0, 'only root may give files away');
asRoot('An existing file keeps its owner and group', async () => {
  await writeFile(at('theirs'), 'old');
  await chown(at('theirs'), 12345, 23456);
  await writeFileAtomic(at('theirs'), [Buffer.from('new')]);
  expect(await stat(at('theirs'))).toMatchObject({ uid: 12345, gid: 23456 });
});

test('A named pipe is refused and stays what it is', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  await expect(writeFileAtomic(at('pipe'), [])).rejects.toMatchObject(
    errorWith('FILE_ERROR', 'regular file'),
  );
  expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
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
