import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockFolder } from '../../src/train/folder-lock.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const SUPPORT = join(__dirname, '../support');
const HOLDER = [process.execPath, '-r', join(SUPPORT, 'register.cjs'), join(SUPPORT, 'lock-child.ts')];

/** Runs a program that ends up holding the folder. @returns the number of the process that does. */
async function startHolder(...command: string[]): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(command[0] ?? '', [...command.slice(1), at()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [pid] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, pid: Number(pid) };
}

const lock = () => lockFolder(at(), 'training');

test('A folder is had by one at a time, within a process too', async () => {
  const unlock = await lock();
  await expect(lock()).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'This process', 'training', at()));
  await unlock();
  await unlock();
  expect(await readdir(at())).toEqual([]);
  await (await lock())();
});

test('Another process is named while it lives, and makes way when it is killed', async () => {
  const { child, pid } = await startHolder(...HOLDER);
  await expect(lock()).rejects.toMatchObject(
    errorWith('INVALID_ARGUMENT', `Process ${pid} is already training`),
  );
  expect(await readdir(at())).toHaveLength(1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const unlock = await lock();
  expect(await readdir(at())).toHaveLength(1);
  await unlock();
});

test('A process that is dead but still listed, because nobody asked how it ended, makes way', async () => {
  const { pid } = await startHolder('sh', '-c', '"$0" "$@" & exec sleep 1000', ...HOLDER);
  process.kill(pid, 'SIGKILL');
  while (!/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8'))) await sleep(5);
  await (await lock())();
});

test('A process that has got the number of a dead one, or the machine’s restart, is not taken for the holder', async () => {
  const unlock = await lock();
  const [own = ''] = await readdir(at());
  await rename(at(own), at('own'));
  await unlock();
  const [, pid, started, boot = ''] = /^\.lock-(\d+)-(\d+)-(.*)$/.exec(own) ?? [];
  const others = [`.lock-${process.ppid}-1-${boot}`, `.lock-${pid}-${started}-${boot.replace(/./g, '0')}`];
  for (const name of others) await writeFile(at(name), '');
  await rm(at('own'));
  const again = await lock();
  expect(await readdir(at())).toEqual([own]);
  await again();
});

test('Of many that come at once, one at most gets in', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 50 }, lock));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('Giving back a folder that is gone, or that is now a file, does nothing', async () => {
  const unlock = await lock();
  await rm(at(), { recursive: true });
  await unlock();
  await writeFile(at(), '');
  await unlock();
});

test('A folder that is not there is named', async () => {
  await expect(lockFolder(at('none'), 'training')).rejects.toMatchObject(
    errorWith('FILE_NOT_FOUND', at('none')),
  );
});
