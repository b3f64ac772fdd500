/** A program that trains with `trainer.fit` and a `RunFolder` leaves what `googlenet train` does. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../support/child.js';
import { cliHere, records } from './cli.js';
import { TINY_RECIPE, tinyImages } from './tiny-run.js';
import { expectSameRun } from './trainings.js';

const dir = mkdtempSync(join(tmpdir(), 'googlenet-library-'));
const at = (...names: string[]) => join(dir, ...names);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const program = (epochs: number, folder: string) => `
const { resolve } = require('node:path');
const { CsvLogger, GoogLeNet, ImageFolder, RunFolder, setNumThreads, Trainer } = require(${JSON.stringify(PACKAGE_ROOT)});
(async () => {
  setNumThreads(1);
  const train = await ImageFolder.open(resolve('images/train'));
  const validation = await ImageFolder.open(resolve('images/val'));
  const { classes } = train;
  const model = new GoogLeNet({ variant: 'torchvision', auxLogits: false, classes, numClasses: 2, seed: 0 });
  const trainer = new Trainer(model);
  const logger = [${folder}, new CsvLogger('epochs.csv')];
  await trainer.fit(train, { epochs: ${epochs}, batchSize: 2, resize: 32, crop: 32, validation, logger });
})();
`;
const SETTINGS = '{ settings: { initWeights: true } }';
const runProgram = (...args: [number, string]) => {
  writeFileSync(at('program.cjs'), program(...args));
  execFileSync(process.execPath, [at('program.cjs')], { cwd: at(), stdio: 'inherit' });
};

/** Names of files; those of TensorBoard have the time in them. */
const namesIn = (run: string): string[] =>
  (readdirSync(at(run), { recursive: true }) as string[])
    .map((name) => name.replace(/^events\.out\.tfevents\.\d+/, 'events.out.tfevents'))
    .sort();

/** The tensors of a checkpoint; its header has the time that epochs took. */
function tensorsOf(path: string): Buffer {
  const bytes = readFileSync(path);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
}

const SAME = [
  'settings.json',
  'validation.json',
  'loss.svg',
  'accuracy.svg',
  'learning-rate.svg',
  'loss.png',
];

function expectSameFolder(ours: string, theirs: string): void {
  expect(namesIn(ours)).toEqual(namesIn(theirs));
  expectSameRun(at(ours), at(theirs));
  for (const name of SAME) {
    expect(readFileSync(at(ours, name), 'utf8')).toBe(readFileSync(at(theirs, name), 'utf8'));
  }
  for (const name of readdirSync(at(ours, 'checkpoints'))) {
    const [one, other] = [ours, theirs].map((folder) => tensorsOf(at(folder, 'checkpoints', name)));
    expect(one?.equals(other as Buffer)).toBe(true);
  }
}

beforeAll(async () => {
  await tinyImages(at('images'));
  const args = ['train', '--data', at('images'), '--out', at('command'), ...TINY_RECIPE];
  expect(await cliHere(...args)).toMatchObject({ code: 0 });
  runProgram(1, `new RunFolder('library', ${SETTINGS})`);
});

test('the same files, with the same bytes except for times', () => {
  expectSameFolder('library', 'command');
  expect(readFileSync(at('epochs.csv'), 'utf8').split('\n')).toEqual([
    'step,epoch,lr,loss,top1,top5,validationLoss,validationTop1,validationTop5,seconds,imagesPerSecond',
    expect.stringMatching(/^2,1,0\.01,/),
    '',
  ]);
});

test('and either resumes what the other has begun', async () => {
  expect(await cliHere('train', '--resume', at('library'), '--epochs', '2')).toMatchObject({ code: 0 });
  runProgram(2, "RunFolder.resume('command')");
  expectSameFolder('library', 'command');
  expect(records(at('command')).map(({ type }) => type)).toEqual([
    'step',
    'step',
    'epoch',
    'step',
    'step',
    'epoch',
  ]);
});

test('a folder that holds a run is refused, and so are other settings of a resumed one', () => {
  expect(() => runProgram(3, "new RunFolder('command')")).toThrow();
  const other = program(3, "RunFolder.resume('command')").replace('batchSize: 2', 'batchSize: 1');
  writeFileSync(at('program.cjs'), other);
  const before = readFileSync(at('command/settings.json'), 'utf8');
  expect(() => execFileSync(process.execPath, [at('program.cjs')], { cwd: at(), stdio: 'pipe' })).toThrow(
    /A resumed run keeps its settings\. Changed: batchSize \(2, now 1\)/,
  );
  expect(readFileSync(at('command/settings.json'), 'utf8')).toBe(before);
});
