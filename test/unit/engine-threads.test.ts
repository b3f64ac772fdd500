import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { availableThreads } from '../../src/engine/options.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder();

const all = availableParallelism();

test.each([
  ['a CPU', '100000 100000\n', 1],
  ['a tenth of a CPU', '10000 100000\n', 1],
  ['one and a half', '150000 100000\n', Math.min(2, all)],
  ['more than there are', '100000000 100000\n', all],
  ['no limit', 'max 100000\n', all],
  ['something else', 'rubbish', all],
  ['nothing', '', all],
])('a container with %s', (_, quota, expected) => {
  writeFileSync(folder('cpu.max'), quota);
  expect(availableThreads(folder('cpu.max'))).toBe(expected);
});

test('outside of containers, all CPUs', () => {
  expect(availableThreads(folder('nowhere'))).toBe(all);
});
