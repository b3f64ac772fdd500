import { formatConfusion } from '../../src/cli/evaluate/confusion.js';

const matrix = (size: number, count: (label: number, predicted: number) => number) =>
  Array.from({ length: size }, (_, label) => Array.from({ length: size }, (_, p) => count(label, p)));

const widest = (text: string) => Math.max(...text.split('\n').map((line) => [...line].length));

test('a matrix that fits is a table', () => {
  const text = formatConfusion(
    ['cat', 'dog'],
    [
      [3, 1],
      [0, 4],
    ],
    80,
  );
  expect(text).toBe('class \\ predicted  cat  dog\ncat                  3    1\ndog                  0    4');
});

test.each([40, 60, 80])(
  'a matrix wider than %i columns becomes its most frequent mistakes, which fit',
  (columns) => {
    const names = Array.from({ length: 10 }, (_, i) => `a class with the very long name ${i}`);
    const text = formatConfusion(
      names,
      matrix(10, (label, predicted) => label * 10 + predicted),
      columns,
    );
    expect(text).toMatch(/^class +taken for +images$/m);
    expect(text).toContain('… and 80 rarer ones');
    expect(widest(text)).toBeLessThanOrEqual(columns);
  },
);

test('a thousand classes are a few lines', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `class-${i}`);
  const text = formatConfusion(
    names,
    matrix(1000, (label, p) => (p === (label + 1) % 1000 ? label : 0)),
    80,
  );
  expect(text.split('\n')).toHaveLength(12);
  expect(text).toMatch(/^class-999 +class-0 +999$/m);
});

test('names cannot steer a terminal', () => {
  expect(
    formatConfusion(
      ['a\u001b[2J', 'b\nc'],
      [
        [1, 1],
        [1, 1],
      ],
      80,
    ),
  ).toMatch(/a\\u001b\[2J(?:.|\n)*b\\u000ac/);
});
