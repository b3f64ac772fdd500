import { writeFile } from 'node:fs/promises';
import { RecordingHost, runCommandLine, runCommandLineOn } from '../support/host.js';
import { lines, stepRecord } from '../support/live-run.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const path = temporaryFolder();

test('commands run one after the other and at the same time in one process, which keeps its exit status', async () => {
  const [help, wrong, missing] = await Promise.all([
    runCommandLine('--help'),
    runCommandLine('trian'),
    runCommandLine('info', path('missing.safetensors')),
  ]);
  expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Usage: googlenet') });
  expect(wrong).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('Did you mean train?'),
  });
  expect(missing).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^FILE_NOT_FOUND: [^\n]+\n$/),
  });
  expect(process.exitCode).toBeUndefined();
});

test('what a user typed comes back without its controls', async () => {
  const { code, stderr } = await runCommandLine('info', '\u001b]0;owned\u0007.safetensors');
  expect(code).toBe(1);
  expect(stderr).toContain('\\u001b]0;owned\\u0007.safetensors');
  for (const control of ['\u001b', '\u0007']) expect(stderr).not.toContain(control);
  const unknown = await runCommandLine('\u001b[31mtrain');
  expect(unknown.stderr).not.toContain('\u001b');
});

test('a lost result is exit status 1', async () => {
  const host = new RecordingHost({ failure: 'ENOSPC' });
  const { code, stderr } = await runCommandLineOn(host, ['info', '--arithmetic']);
  expect(code).toBe(1);
  expect(stderr).toContain('ENOSPC');
});

test('dashboard --port 0 takes any port that is free, as its help says', async () => {
  await writeFile(path('metrics.jsonl'), lines(stepRecord(1)));
  const host = new RecordingHost();
  const running = runCommandLineOn(host, ['dashboard', path(), '--port', '0']);
  while (!host.stdout.text.includes('\n') && host.stderr.text === '') await new Promise(setImmediate);
  host.emit('SIGINT', 'SIGINT');
  expect(await running).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/127\.0\.0\.1:\d+/),
  });
});
