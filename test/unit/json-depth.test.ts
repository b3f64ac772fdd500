import { parseShallow } from '../../src/core/json-depth.js';

const deep = `${'['.repeat(100)}${']'.repeat(100)}`;

test.each([
  ['a text', `{"a":"${'['.repeat(100)}"}`],
  ['a text with quotes in it', `{"a\\"b":"\\"${'['.repeat(100)}\\\\"}`],
])('brackets in %s are not depth', (_, text) => {
  expect(parseShallow(text)).toEqual(JSON.parse(text));
});

test.each([
  ['nothing', `{"a":${deep}}`],
  ['a quote in a text', `{"a\\"":${deep}}`],
  ['a backslash at the end of a text', `{"a\\\\":${deep}}`],
])('behind %s depth is found', (_, text) => {
  JSON.parse(text);
  expect(() => parseShallow(text)).toThrow('nested more than 32 deep');
});
