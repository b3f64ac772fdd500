import { bold, hasColors, plain, red, warning, widthOf, withSequences } from '../../src/core/colors.js';
import { formatJson, formatTable, heading } from '../../src/core/format.js';
import { printable } from '../../src/core/printable.js';
import { Terminal } from '../../src/core/terminal.js';
import { RecordingHost } from '../support/host.js';

const environment = process.env;
afterEach(() => {
  process.env = environment;
});

async function print(text: string, isTTY: boolean, env: NodeJS.ProcessEnv = {}): Promise<string> {
  process.env = env;
  const host = new RecordingHost({ isTTY });
  const terminal = new Terminal(host);
  terminal.print(text);
  await terminal.close();
  return host.stdout.text;
}

test.each([
  [true, {}, true],
  [true, { TERM: 'dumb' }, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [false, {}, false],
  [false, { FORCE_COLOR: '' }, true],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, true],
  [false, { FORCE_COLOR: 'false' }, false],
])('with a terminal: %p and the environment %j, colors: %p', (isTTY, env, expected) => {
  expect(hasColors(isTTY, env)).toBe(expected);
});

test('a terminal gets colors, and everything else the text alone', async () => {
  const text = `${red('INVALID_WEIGHTS')}: ${bold('a')} b`;
  expect(await print(text, true)).toBe('\u001b[31mINVALID_WEIGHTS\u001b[0m: \u001b[1ma\u001b[0m b\n');
  expect(await print(text, false)).toBe('INVALID_WEIGHTS: a b\n');
  expect(await print(text, true, { NO_COLOR: '1' })).toBe('INVALID_WEIGHTS: a b\n');
});

test('escape sequences in names stay visible where there are colors', async () => {
  expect(await print(red('\u001b[2J'), true)).toBe('\u001b[31m\\u001b[2J\u001b[0m\n');
});

test('a style ends with its line', () => {
  const [open = ''] = red('x');
  expect(withSequences(`${open}a\nb`)).toBe('\u001b[31ma\u001b[0m\nb');
  expect(withSequences(`${open}a`)).toBe('\u001b[31ma\u001b[0m');
  expect(withSequences(`${red('a')}\nb`)).toBe('\u001b[31ma\u001b[0m\nb');
});

test('a heading takes no more room than its text', () => {
  const rows = [heading(['class', '', 'n']), ['cat', 'x', '10']];
  expect(plain(formatTable(rows, ['left', 'left', 'right']))).toBe('class      n\ncat    x  10');
  expect(widthOf(bold('𝒳y'))).toBe(2);
});

test('JSON has no colors and is the same document', () => {
  const value = { class: red('cat'), numbers: [1, 2] };
  const text = formatJson(value);
  expect(plain(printable(text))).toBe(text);
  expect(JSON.parse(text)).toEqual(value);
});

test('a warning begins with the word', () => {
  expect(plain(warning('no class names.'))).toBe('Warning: no class names.');
});
