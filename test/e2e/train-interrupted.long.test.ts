/** Runs that are killed, stopped or damaged, and go on. */
import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cli, MAIN, records, SAMPLE, start, startCli, until } from './cli.js';
import { checkpoints, expectSameRun, STEPS_PER_EPOCH, trainings } from './trainings.js';

const { dir, path, train } = trainings();
const expectWhole = (run: string) => expectSameRun(path(run), path('whole'));

beforeAll(async () => {
  expect(await train.slowly('whole').result).toMatchObject({ code: 0 });
});

test('a run that is killed and resumed ends with the same weights, byte for byte', async () => {
  const run = train.slowly('killed', '--every-n-train-steps', '1');
  await until(run, () => records(path('killed')).length > STEPS_PER_EPOCH + 2);
  run.child.kill('SIGKILL');
  expect(await run.result).toMatchObject({ signal: 'SIGKILL' });
  expect(existsSync(path('killed/model.safetensors'))).toBe(false);

  const resumed = await cli(dir, 'train', '--resume', 'killed');
  expect(resumed).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Resuming in killed after 1 epoch'),
  });
  expectWhole('killed');
  expect(checkpoints(path('killed'))).toEqual([7, 8]);
  expect(readdirSync(path('killed')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a run that is killed before its first checkpoint begins again', async () => {
  const run = train.slowly('early');
  await until(run, () => records(path('early')).length > 0);
  run.child.kill('SIGKILL');
  await run.result;
  expect(checkpoints(path('early')).filter(Number.isFinite)).toEqual([]);
  expect(await cli(dir, 'train', '--resume', 'early')).toMatchObject({ code: 0 });
  expectWhole('early');
});

test('a run whose newest checkpoint is damaged says so and resumes from the one before it', async () => {
  const run = train.slowly('damaged', '--every-n-train-steps', '2', '--save-last-k', '3');
  await until(run, () => records(path('damaged')).length > STEPS_PER_EPOCH + 3);
  run.child.kill('SIGKILL');
  await run.result;
  const newest = checkpoints(path('damaged')).filter(Number.isFinite).at(-1);
  const file = `damaged/checkpoints/step-0000000${newest}.safetensors`;
  truncateSync(path(file), readFileSync(path(file)).length - 9);
  const { code, stderr } = await cli(dir, 'train', '--resume', 'damaged', '--save-last-k', '2');
  expect(code).toBe(0);
  expect(stderr).toMatch(new RegExp(`^Warning: ${file}.*An earlier checkpoint is used\\.$`, 'm'));
  expectWhole('damaged');
  expect(checkpoints(path('damaged'))).toEqual([6, 8]);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s finishes the step and prints the command that resumes', async (signal, status) => {
  const run = train.slowly(signal);
  await until(run, () => records(path(signal)).length > 1);
  run.child.kill(signal);
  const { code, stdout } = await run.result;
  expect(code).toBe(status);
  const command = /^Interrupted after \d steps\. Resume with:\n {2}(.*)$/m.exec(stdout)?.[1] ?? '';
  expect(command).toMatch(new RegExp(`train --resume ${signal}$`));

  expect(await start('sh', ['-c', command], dir).result).toMatchObject({ code: 0 });
  expectWhole(signal);
});

test('Ctrl-C during the validation after an epoch does not wait for its end', async () => {
  const run = train.slowly('validating');
  await until(run, () => records(path('validating')).length === STEPS_PER_EPOCH);
  run.child.kill('SIGINT');
  expect(await run.result).toMatchObject({ code: 130 });
  expect(records(path('validating'))).toHaveLength(STEPS_PER_EPOCH);
  expect(await cli(dir, 'train', '--resume', 'validating')).toMatchObject({ code: 0 });
  expectWhole('validating');
});

test('a second Ctrl-C ends the process in the middle of a step', async () => {
  // A step of 64 images takes seconds, during which the images of the next one are loaded.
  const recipe = ['--data', SAMPLE, '--batch-size', '64', '--threads', '1'];
  const run = startCli(dir, 'train', ...recipe, '--out', 'twice');
  await until(run, () => records(path('twice')).length > 0);
  await sleep(200);
  run.child.kill('SIGINT');
  await sleep(700);
  run.child.kill('SIGINT');
  const { code, stdout, stderr } = await run.result;
  expect(code).toBe(130);
  expect(stderr).toContain('Ctrl-C once more');
  expect(stdout).not.toContain('Interrupted after');
  expect(checkpoints(path('twice')).filter(Number.isFinite)).toEqual([]);
});

test('a run whose metrics can no longer be written ends with one line, and gives its folders back', async () => {
  // 3 KB: more than the settings, less than the metrics of the first epoch.
  const limited = `ulimit -f 6; exec "$0" "$@"`;
  const recipe = ['--batch-size', '1', '--threads', '1', '--no-aux-logits'];
  const args = [MAIN, 'train', '--train', 'images/test', '--out', 'full', ...recipe];
  const { code, stderr } = await start('sh', ['-c', limited, process.execPath, ...args], dir).result;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^FILE_ERROR: .*(metrics\.jsonl|tfevents)/m);
  expect(records(path('full')).length).toBeGreaterThan(1);
  const litter = ['full', 'full/checkpoints'].flatMap((folder) => readdirSync(path(folder)));
  expect(litter.filter((name) => name.startsWith('.'))).toEqual([]);
});
