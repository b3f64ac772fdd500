import { compareCodePoints } from '../../src/core/code-points.js';

test('Strings are ordered by code point, where JavaScript would order by UTF-16 unit', () => {
  const names = ['b', 'a\u{1F600}', 'a\uFFEE', 'a', 'B', 'a10', 'a9', 'é', ''];
  expect([...names].sort(compareCodePoints)).toEqual([
    '',
    'B',
    'a',
    'a10',
    'a9',
    'a\uFFEE',
    'a\u{1F600}',
    'b',
    'é',
  ]);
  expect([...names].sort()).not.toEqual([...names].sort(compareCodePoints));
});

test('Two astral characters that differ in their second half are told apart', () => {
  expect(compareCodePoints('\u{1F600}', '\u{1F601}')).toBeLessThan(0);
  expect(compareCodePoints('\u{1F601}', '\u{1F600}')).toBeGreaterThan(0);
  expect(compareCodePoints('\u{1F600}', '\u{1F600}')).toBe(0);
});
