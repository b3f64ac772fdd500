import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runRecords } from '../support/runs.js';
import { cli, workspace } from './cli.js';

const dir = workspace();
const path = (...names: string[]) => join(dir, ...names);

function writeRun(name: string, epochs: number, lr: number): void {
  mkdirSync(path(name), { recursive: true });
  const records = runRecords({ epochs, stepsPerEpoch: 10, aux: true });
  writeFileSync(path(name, 'metrics.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const settings = { epochs, lr, note: '\u001b[31mred' };
  writeFileSync(path(name, 'settings.json'), JSON.stringify({ settings, classes: ['a', 'b'] }));
}

beforeAll(() => {
  writeRun('runs/first', 3, 0.01);
  writeRun('runs/second', 5, 0.02);
});

test('a comparison is a table with the settings that differ', async () => {
  const { code, stdout, stderr } = await cli(dir, 'compare', 'runs/first/', 'runs/second');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^ +runs\/first +runs\/second$/m);
  expect(stdout).toMatch(/^epochs +3 +5$/m);
  expect(stdout).toMatch(/^lr +0\.01 +0\.02$/m);
  expect(stdout).not.toMatch(/^(classes|note)/m);
  expect(readdirSync(path('runs'))).toEqual(['first', 'second']);
});

test('the curves of all runs become one file', async () => {
  for (const [out, start] of [
    ['compare.html', '<!doctype html>'],
    ['compare.svg', '<svg '],
    ['compare.png', '\x89PNG'],
  ] as const) {
    const { code, stdout } = await cli(dir, 'compare', 'runs/first', 'runs/second', '--out', out);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`Wrote the curves to ${out}.`),
    });
    expect(readFileSync(path(out), 'latin1').startsWith(start)).toBe(true);
  }
});

test('--json prints a document for programs, besides writing a file', async () => {
  const { code, stdout } = await cli(
    dir,
    'compare',
    'runs/first',
    'runs/second',
    '--json',
    '--out',
    'json.html',
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    runs: [
      {
        run: 'runs/first',
        epochs: 3,
        steps: 30,
        final: { epoch: 3 },
        best: { epoch: 3 },
        settings: { lr: 0.01 },
      },
      { run: 'runs/second', epochs: 5, steps: 50, settings: { epochs: 5, lr: 0.02 } },
    ],
  });
  expect(readFileSync(path('json.html'), 'utf8')).toContain('Comparison of 2 runs');
});

test('the content of files cannot control a terminal', async () => {
  writeRun('other', 1, 1);
  const settings = { settings: { note: '\u001b]0;title\u0007' } };
  writeFileSync(path('other', 'settings.json'), JSON.stringify(settings));
  const { stdout } = await cli(dir, 'compare', 'runs/first', 'other');
  expect(stdout).toMatch(/^note .*title/m);
  expect(stdout).not.toMatch(/\p{Cc}(?<!\n)/u);
});

test.each([
  ['one run', ['runs/first'], 2, /^INVALID_ARGUMENT: Give the folders of 2 to 16 runs; 1 came\.\n$/],
  ['no run', [], 2, /missing required argument 'runs'/],
  [
    'an unknown extension',
    ['runs/first', 'runs/second', '--out', 'a.pdf'],
    2,
    /^INVALID_ARGUMENT: a\.pdf [^\n]+\n$/,
  ],
  ['a missing folder', ['runs/first', 'nowhere'], 1, /^FILE_NOT_FOUND: [^\n]*nowhere[^\n]+\n$/],
  [
    'a damaged log',
    ['runs/first', 'damaged'],
    1,
    /^INVALID_RUN_LOG: Line 1 of damaged\/metrics\.jsonl [^\n]+\n$/,
  ],
])('%s fails with one line and its status', async (_, args, status, message) => {
  mkdirSync(path('damaged'), { recursive: true });
  writeFileSync(path('damaged', 'metrics.jsonl'), 'not a record\n');
  const { code, stdout, stderr } = await cli(dir, 'compare', ...args);
  expect({ code, stdout }).toEqual({ code: status, stdout: '' });
  expect(stderr).toMatch(message);
});
