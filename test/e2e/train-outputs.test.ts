/** What a run does where it can print nothing, or write nothing down. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { RecordingHost } from '../support/host.js';
import { canMount, withSmallDisk } from '../support/mount.js';
import { testWhere } from '../support/skip.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { cliHere, cliOn, MAIN } from './cli.js';
import { TINY_RECIPE, tinyImages } from './tiny-run.js';

const at = temporaryFolder();
const mounting = testWhere(canMount(), 'this user may not mount a small disk');

beforeEach(() => tinyImages(at('images')));

const recipe = () => ['train', '--data', at('images'), '--out', at('run'), ...TINY_RECIPE];
const namesIn = (...path: string[]) => readdirSync(at(...path)).sort();

function expectWholeRun(): void {
  expect(namesIn('run')).toEqual(expect.arrayContaining(['model.safetensors', 'report.html']));
  expect(namesIn('run/checkpoints')).toEqual(['step-00000002.safetensors']);
  expect(namesIn('run').filter((name) => name.startsWith('.lock'))).toEqual([]);
}

test('a run continues when the terminal is gone', async () => {
  const failure = 'EIO';
  const { code } = await cliOn(new RecordingHost({ failure }, { failure }), ...recipe());
  expect(code).toBe(0);
  expectWholeRun();
});

test('a full disk under standard output and standard error costs a run its messages and nothing else', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [MAIN, ...recipe()], { stdio: ['ignore', full, full] });
  expect(await once(child, 'close')).toEqual([0, null]);
  expectWholeRun();
});

mounting('a run whose log cannot be written ends with a checkpoint, and resumes from it', async () => {
  expect(await cliHere(...recipe())).toMatchObject({ code: 0 });
  const log = at('run/metrics.jsonl');
  const more = ['train', '--resume', at('run'), '--epochs', '2'];
  // Memory has pages of 4 KiB: a log that ends with one, on a disk that is full, takes not one byte more.
  const text = readFileSync(log, 'utf8').trimEnd();
  const padded = `${text.padEnd(4095)}\n`;
  mkdirSync(at('disk'));
  await withSmallDisk(at('disk'), 64, async () => {
    writeFileSync(at('disk/metrics.jsonl'), padded);
    rmSync(log);
    symlinkSync(at('disk/metrics.jsonl'), log);
    expect(() => writeFileSync(at('disk/filler'), Buffer.alloc(2 ** 16))).toThrow('ENOSPC');
    const { code, stderr } = await cliHere(...more);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^FILE_ERROR: .*metrics\.jsonl.*ENOSPC.*step-00000003.*train --resume/m);
    expect(namesIn('run').filter((name) => name.startsWith('.lock'))).toEqual([]);
  });
  expect(namesIn('run/checkpoints')).toContain('step-00000003.safetensors');
  rmSync(log);
  writeFileSync(log, `${text}\n`);
  expect((await cliHere(...more)).code).toBe(0);
  expect(namesIn('run/checkpoints')).toContain('step-00000004.safetensors');
});
