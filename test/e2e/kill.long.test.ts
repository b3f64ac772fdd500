import { join } from 'node:path';
import { PACKAGE_ROOT } from '../support/child.js';
import { start } from './cli.js';

const SCRIPT = join(PACKAGE_ROOT, 'scripts/kill-test.mjs');
const killTest = (...args: string[]) => start(process.execPath, [SCRIPT, ...args], PACKAGE_ROOT).result;

test('runs that are killed again and again go on each time and end with the weights of one that was not', async () => {
  const { code, stdout, stderr } = await killTest('--tries', '6', '--seed', '2');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^all +6 +6 +6 +6$/m);
});

test('the script says what it takes, and refuses the rest', async () => {
  expect(await killTest('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--tries N') });
  expect(await killTest('--tries', 'all')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--tries'),
  });
});
