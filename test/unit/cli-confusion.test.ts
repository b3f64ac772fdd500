import { formatConfusedPairs, formatMatrix } from '../../src/cli/evaluate/confusion.js';
import { plain } from '../../src/core/colors.js';

const pairs = (...args: Parameters<typeof formatConfusedPairs>) => plain(formatConfusedPairs(...args));

const matrix = (size: number, count: (label: number, predicted: number) => number) =>
  Array.from({ length: size }, (_, label) => Array.from({ length: size }, (_, p) => count(label, p)));

const widest = (text: string) => Math.max(...text.split('\n').map((line) => [...line].length));

test('the whole matrix is a table', () => {
  const text = formatMatrix(
    ['cat', 'dog'],
    [
      [3, 1],
      [0, 4],
    ],
  );
  expect(plain(text)).toBe(
    'class \\ predicted  cat  dog\ncat                  3    1\ndog                  0    4',
  );
});

test.each([40, 60, 80])('the most confused pairs of long names fit into %i columns', (columns) => {
  const names = Array.from({ length: 10 }, (_, i) => `a class with the very long name ${i}`);
  const text = pairs(
    names,
    matrix(10, (label, predicted) => label * 10 + predicted),
    columns,
  );
  expect(text).toMatch(/^class +taken for +images$/m);
  expect(text).toContain('… and 80 rarer ones');
  expect(widest(text)).toBeLessThanOrEqual(columns);
});

test('the most confused pairs of a thousand classes are a few lines', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `class-${i}`);
  const text = pairs(
    names,
    matrix(1000, (label, p) => (p === (label + 1) % 1000 ? label : 0)),
    80,
  );
  expect(text.split('\n')).toHaveLength(12);
  expect(text).toMatch(/^class-999 +class-0 +999$/m);
});

test('names cannot steer a terminal', () => {
  expect(
    pairs(
      ['a\u001b[2J', 'b\nc'],
      [
        [1, 1],
        [1, 1],
      ],
      80,
    ),
  ).toMatch(/a\\u001b\[2J(?:.|\n)*b\\u000ac/);
});
