import { commandLine } from '../../src/cli/invocation.js';
import { formatCount, formatDuration, formatTable, plural } from '../../src/core/format.js';

test.each([
  [0, '0:00'],
  [59.6, '1:00'],
  [65, '1:05'],
  [3599.9, '1:00:00'],
  [7384, '2:03:04'],
  [-1, '0:00'],
])('%p seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('columns are as wide as their longest cell, however the cell is encoded', () => {
  const rows = [
    ['class', 'n'],
    ['naïve 𝒳', '10'],
    ['b', '9'],
  ];
  expect(formatTable(rows, ['left', 'right'])).toBe('class     n\nnaïve 𝒳  10\nb         9');
  expect(formatTable([])).toBe('');
});

test('numbers look the same in every locale', () => {
  expect(formatCount(13_378_792)).toBe('13,378,792');
  expect([plural(1, 'step'), plural(2000, 'step')]).toEqual(['1 step', '2,000 steps']);
});

test.each([
  ['/home/a/project/node_modules/.bin/googlenet', 'npx googlenet train --resume runs/a'],
  ['/usr/local/bin/googlenet', 'googlenet train --resume runs/a'],
  ['dist/cli/main.js', 'node dist/cli/main.js train --resume runs/a'],
])('the command to go on starts as %s was started', (script, expected) => {
  expect(commandLine(['train', '--resume', 'runs/a'], script)).toBe(expected);
});

test('arguments are quoted where a shell would take them apart', () => {
  expect(commandLine(["my run's", '$HOME', 'a-b_c.d/e'], '/bin/googlenet')).toBe(
    "googlenet 'my run'\\''s' '$HOME' a-b_c.d/e",
  );
});
