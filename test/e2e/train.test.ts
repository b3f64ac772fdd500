import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cli, records, SAMPLE, start, startCli, until, workspace } from './cli.js';

const dir = workspace();
const path = (...names: string[]) => join(dir, ...names);
/** One thread: two of them wait for each other by spinning, which takes ten times as long where a core is taken. */
const RECIPE = ['--data', 'pictures', '--epochs', '2', '--batch-size', '2', '--seed', '3', '--threads', '1'];
const STEPS_PER_EPOCH = 4;

const train = (out: string, ...more: string[]) => startCli(dir, 'train', ...RECIPE, '--out', out, ...more);

/** The same files as in the run that nothing disturbed, but for how long things took. */
function expectSameRun(run: string): void {
  const plain = (name: string) =>
    records(path(name)).map(({ time: _, seconds: __, imagesPerSecond: ___, ...record }) => record);
  expect(plain(run)).toEqual(plain('whole'));
  for (const file of ['model.safetensors', 'best.safetensors']) {
    expect(readFileSync(path(run, file)).equals(readFileSync(path('whole', file)))).toBe(true);
  }
}

beforeAll(async () => {
  const { code, stdout, stderr } = await train('whole').result;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain('Trained 2 epochs, 8 steps.');
});

test('a run leaves its settings, metrics, checkpoint, weights and curves', () => {
  expect(readdirSync(path('whole')).sort()).toEqual([
    'accuracy.png',
    'accuracy.svg',
    'best.safetensors',
    'checkpoints',
    'learning-rate.png',
    'learning-rate.svg',
    'loss.png',
    'loss.svg',
    'metrics.jsonl',
    'model.safetensors',
    'report.html',
    'settings.json',
    'speed.png',
    'speed.svg',
  ]);
  expect(readdirSync(path('whole/checkpoints'))).toEqual(['last.safetensors']);
  const types = records(path('whole')).map(({ type }) => type);
  const epoch = [...Array(STEPS_PER_EPOCH).fill('step'), 'epoch'];
  expect(types).toEqual([...epoch, ...epoch]);
  const { settings, classes, train: source } = JSON.parse(readFileSync(path('whole/settings.json'), 'utf8'));
  expect(settings).toMatchObject({ epochs: 2, batchSize: 2, seed: 3, lr: 0.01, initWeights: true });
  expect(settings.threads).toBeGreaterThan(0);
  expect(classes).toEqual(['0-t-shirt-top', '1-trouser']);
  expect(source.pictures).toBe(8);
});

test('the folder of a run is never overwritten', async () => {
  const before = statSync(path('whole/model.safetensors')).mtimeMs;
  const { code, stderr } = await train('whole').result;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^INVALID_ARGUMENT: .*--resume whole/);
  expect(statSync(path('whole/model.safetensors')).mtimeMs).toBe(before);
});

test('a run that is killed and resumed ends with the same weights, byte for byte', async () => {
  const run = train('killed', '--checkpoint-every', '1');
  await until(run, () => records(path('killed')).length > STEPS_PER_EPOCH + 2);
  run.child.kill('SIGKILL');
  expect(await run.result).toMatchObject({ signal: 'SIGKILL' });
  expect(existsSync(path('killed/model.safetensors'))).toBe(false);

  const resumed = await cli(dir, 'train', '--resume', 'killed');
  expect(resumed).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Going on in killed after 1 epoch'),
  });
  expectSameRun('killed');
  expect(readdirSync(path('killed/checkpoints'))).toEqual(['last.safetensors']);
});

test('a run that is killed before its first checkpoint begins again', async () => {
  const run = train('early');
  await until(run, () => records(path('early')).length > 0);
  run.child.kill('SIGKILL');
  await run.result;
  expect(existsSync(path('early/checkpoints/last.safetensors'))).toBe(false);
  expect(await cli(dir, 'train', '--resume', 'early')).toMatchObject({ code: 0 });
  expectSameRun('early');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s finishes the step and prints the command that goes on', async (signal, status) => {
  const run = train(signal);
  await until(run, () => records(path(signal)).length > 1);
  run.child.kill(signal);
  const { code, stdout } = await run.result;
  expect(code).toBe(status);
  const command = /^Interrupted after \d steps\. Go on with:\n {2}(.*)$/m.exec(stdout)?.[1] ?? '';
  expect(command).toMatch(new RegExp(`train --resume ${signal}$`));

  expect(await start('sh', ['-c', command], dir).result).toMatchObject({ code: 0 });
  expectSameRun(signal);
});

test('Ctrl-C during the validation after an epoch does not wait for its end', async () => {
  const run = train('validating');
  await until(run, () => records(path('validating')).length === STEPS_PER_EPOCH);
  run.child.kill('SIGINT');
  expect(await run.result).toMatchObject({ code: 130 });
  expect(records(path('validating'))).toHaveLength(STEPS_PER_EPOCH);
  expect(await cli(dir, 'train', '--resume', 'validating')).toMatchObject({ code: 0 });
  expectSameRun('validating');
});

test('a second Ctrl-C ends the process in the middle of a step', async () => {
  // A step of 64 pictures takes seconds, during which the pictures of the next one are loaded.
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
  expect(existsSync(path('twice/checkpoints/last.safetensors'))).toBe(false);
});

test('a complete run can be given more epochs, and nothing else', async () => {
  const changed = await cli(dir, 'train', '--resume', 'whole', '--lr', '0.1', '--batch-size', '4');
  expect(changed.code).toBe(2);
  expect(changed.stderr).toMatch(/--batch-size \(2, now 4\), --lr \(0\.01, now 0\.1\)/);
  expect(await cli(dir, 'train', '--resume', 'whole', '--epochs', '1')).toMatchObject({ code: 2 });

  const longer = await cli(dir, 'train', '--resume', 'whole', '--epochs', '3', '--batch-size', '2');
  expect(longer).toMatchObject({ code: 0, stdout: expect.stringContaining('Trained 3 epochs, 12 steps.') });
  expect(records(path('whole'))).toHaveLength(3 * (STEPS_PER_EPOCH + 1));
});

test('a loss that explodes ends the run with one line that says what to do', async () => {
  const { code, stderr } = await train('diverged', '--lr', '1e30', '--epochs', '1').result;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^DIVERGED: .*learning rate/m);
  expect(stderr).not.toContain('    at ');
});

test('a run starts from the weights of another one', async () => {
  const { code, stdout } = await train('tuned', '--weights', 'killed/model.safetensors', '--epochs', '1')
    .result;
  expect(code).toBe(0);
  expect(stdout).toMatch(/weights +killed\/model\.safetensors/);
});
