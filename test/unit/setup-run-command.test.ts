import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../../src/setup/run-command.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();

test('lines of both streams are reported, and the status and the last lines are kept', async () => {
  const lines: string[] = [];
  const script = 'for i in $(seq 1 50); do echo line $i; done; echo oops >&2; exit 3';
  const result = await runCommand('sh', ['-c', script], { onLine: (line) => lines.push(line) });
  expect(result.code).toBe(3);
  expect(lines).toHaveLength(51);
  expect(result.tail).toHaveLength(40);
  expect(result.tail).toContain('oops');
  expect(result.stdout).toMatch(/^line 1\n(?:line \d+\n)+$/);
});

test('a log receives the command line and the whole output, and can be gone on with', async () => {
  const log = path('log');
  await runCommand('echo', ['one'], { log });
  await runCommand('echo', ['two'], { log, logMode: 'a' });
  expect(readFileSync(log, 'utf8')).toBe('$ echo one\none\n$ echo two\ntwo\n');
});

test('a program that cannot be started rejects', async () => {
  await expect(runCommand('no-such-program', [])).rejects.toMatchObject({ code: 'ENOENT' });
});

test('an abort ends the program and what it has started', async () => {
  const controller = new AbortController();
  const script = `(sleep 1; touch ${path('alive')}) & echo ready; wait`;
  const run = runCommand('sh', ['-c', script], {
    signal: controller.signal,
    onLine: () => controller.abort(),
  });
  await expect(run).rejects.toMatchObject(errorWith('ABORTED'));
  await sleep(1500);
  expect(existsSync(path('alive'))).toBe(false);
});

test('nothing is started when the signal was aborted before', async () => {
  const run = runCommand('touch', [path('touched')], { signal: AbortSignal.abort() });
  await expect(run).rejects.toMatchObject(errorWith('ABORTED'));
  expect(existsSync(path('touched'))).toBe(false);
});
