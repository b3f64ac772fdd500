/** Runs of the command line from their first step to their last, and what they leave. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cli, records, startCli, until } from './cli.js';
import { checkpoints, STEPS_PER_EPOCH, trainings } from './trainings.js';

const { dir, path, train } = trainings();

beforeAll(async () => {
  const { code, stdout, stderr } = await train('whole').result;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain('Trained 2 epochs, 8 steps.');
});

test('a run leaves its settings, metrics, checkpoints, weights, report and curves', () => {
  const names = readdirSync(path('whole')).sort();
  expect(names.filter((name) => !name.startsWith('events.'))).toEqual([
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
    'validation.json',
  ]);
  expect(names.filter((name) => name.startsWith('events.'))).toEqual([
    expect.stringMatching(/^events\.out\.tfevents\.\d+\.googlenet$/),
  ]);
  expect(checkpoints(path('whole'))).toEqual([4, 8]);
  const types = records(path('whole')).map(({ type }) => type);
  const epoch = [...Array(STEPS_PER_EPOCH).fill('step'), 'epoch'];
  expect(types).toEqual([...epoch, ...epoch]);
  const { settings, classes, train: source } = JSON.parse(readFileSync(path('whole/settings.json'), 'utf8'));
  expect(settings).toMatchObject({ epochs: 2, batchSize: 2, seed: 3, lr: 0.01, initWeights: true });
  expect(settings.threads).toBeGreaterThan(0);
  expect(classes).toEqual(['0-t-shirt-top', '1-trouser']);
  expect(source.images).toBe(8);
});

test('the folder of a run is never overwritten', async () => {
  const before = statSync(path('whole/model.safetensors')).mtimeMs;
  const { code, stderr } = await train('whole').result;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^INVALID_ARGUMENT: .*--resume whole/);
  expect(statSync(path('whole/model.safetensors')).mtimeMs).toBe(before);
});

test('a second process in the folder of a run is refused, and changes nothing of it', async () => {
  const first = train.slowly('shared', '--epochs', '1');
  await until(first, () => records(path('shared')).length > 1);
  const written = records(path('shared'));
  const names = readdirSync(path('shared'));
  for (const args of [
    ['train', '--resume', 'shared'],
    ['train', '--data', 'images', '--out', 'shared'],
  ]) {
    const { code, stdout, stderr } = await cli(dir, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /INVALID_ARGUMENT: (Process \d+ is already training in \S*shared|shared holds a run already)/,
    );
  }
  expect(records(path('shared')).slice(0, written.length)).toEqual(written);
  expect(readdirSync(path('shared'))).toEqual(expect.arrayContaining(names));
  expect(await first.result).toMatchObject({ code: 0 });
  expect(records(path('shared')).map(({ step }) => step)).toEqual([1, 2, 3, 4, 4]);
  expect(readdirSync(path('shared')).filter((name) => name.startsWith('.'))).toEqual([]);
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

test('a run of some steps ends amid an epoch, stays as it is, and resumes with more steps', async () => {
  const { code, stdout } = await train.steps(3, 'steps').result;
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Trained 0.75 epochs, 3 steps.'),
  });
  const before = readFileSync(path('steps/metrics.jsonl'), 'utf8');
  expect(await cli(dir, 'train', '--resume', 'steps')).toMatchObject({ code: 0 });
  expect(readFileSync(path('steps/metrics.jsonl'), 'utf8')).toBe(before);

  for (const args of [
    ['--epochs', '4'],
    ['--steps', '2'],
  ]) {
    const refused = await cli(dir, 'train', '--resume', 'steps', ...args);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('one of 3 steps') });
  }
  expect(await cli(dir, 'train', '--resume', 'steps', '--steps', '5')).toMatchObject({ code: 0 });
  const steps = records(path('steps')).map(({ type, step }) => `${type} ${step}`);
  expect(steps).toEqual(['step 1', 'step 2', 'step 3', 'step 4', 'epoch 4', 'step 5', 'epoch 5']);
  await train.steps(5, 'steps-at-once').result;
  const [parts, whole] = ['steps', 'steps-at-once'].map((run) =>
    readFileSync(path(run, 'model.safetensors')),
  );
  expect(parts?.equals(whole as Buffer)).toBe(true);
});

test('--patience ends a run with the weights of its best epoch', async () => {
  const flags = ['--epochs', '9', '--patience', '1', '--lr', '1e-12', '--no-aux-logits'];
  const { code, stdout } = await train.slowly('patient', ...flags).result;
  expect(code).toBe(0);
  expect(stdout).toContain(
    'Trained 2 epochs, 8 steps. Validation got no better: the weights of the best epoch',
  );
  const [model, best] = ['model', 'best'].map((name) => readFileSync(path('patient', `${name}.safetensors`)));
  expect(model?.equals(best as Buffer)).toBe(true);
  const again = await cli(dir, 'train', '--resume', 'patient');
  expect(again.stdout).toContain('Trained 2 epochs, 8 steps. Validation got no better');
});

test('a loss that explodes ends the run with one line that says what to do', async () => {
  const { code, stderr } = await train.slowly('diverged', '--lr', '1e30', '--epochs', '1').result;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^DIVERGED: .*learning rate/m);
  expect(stderr).toMatch(/start a new run with `node .* train --lr '…' --weights/);
  expect(stderr).not.toContain('    at ');
  expect(readdirSync(path('diverged')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a run starts from the weights of another one, or from its checkpoint', async () => {
  for (const file of ['model.safetensors', 'checkpoints/step-00000012.safetensors']) {
    const run = train(`from-${file.slice(0, 5)}`, '--weights', `whole/${file}`, '--epochs', '1');
    const { code, stdout } = await run.result;
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`weights +whole/${file}`));
  }
});

test('--dashboard shows the run live', async () => {
  const run = train.slowly('watched', '--dashboard', '--epochs', '9', '--no-aux-logits');
  await until(run, () => records(path('watched')).length > STEPS_PER_EPOCH + 1);
  const url = /^Dashboard: (http:\/\/127\.0\.0\.1:\d+\/?)$/m.exec(run.output.stderr)?.[1] ?? '';
  expect(await (await fetch(url)).text()).toContain('<html');
  const state = JSON.parse(await (await fetch(new URL('/state', url))).text());
  expect(state).toMatchObject({ status: { state: 'running' }, progress: { epochs: 9 } });
  expect(state.progress.step).toBeGreaterThanOrEqual(STEPS_PER_EPOCH);
  run.child.kill('SIGINT');
  expect(await run.result).toMatchObject({ code: 130 });
  await expect(fetch(url)).rejects.toThrow();
});

test('a folder that cannot be made is one line, and no run', async () => {
  const { code, stdout, stderr } = await startCli(
    dir,
    ...['train', '--data', 'images', '--out', '/proc/run', '--threads', '1'],
  ).result;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^(FILE_ERROR|FILE_NOT_FOUND): [^\n]+\n$/);
  expect(existsSync('/proc/run')).toBe(false);
});
