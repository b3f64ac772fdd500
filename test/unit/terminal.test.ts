import { printable } from '../../src/core/printable.js';
import { Terminal } from '../../src/core/terminal.js';
import { RecordingHost } from '../support/host.js';

test('controls and marks of direction are escaped as JSON escapes them; letters of every language stay', () => {
  const controls = '\u001b[31m\u009b2J\u0007\r\t\u202e\u2066\u200f\u2028\u007f';
  expect(printable(controls)).toBe(
    '\\u001b[31m\\u009b2J\\u0007\\u000d\\u0009\\u202e\\u2066\\u200f\\u2028\\u007f',
  );
  expect(printable('naïve Ελληνικά 日本 👩‍🚀\n')).toBe('naïve Ελληνικά 日本 👩‍🚀\n');
  expect(printable(printable(controls))).toBe(printable(controls));
  expect(JSON.parse(printable(JSON.stringify({ controls })))).toEqual({ controls });
});

test('everything that is printed passes through it, except the clearing of a line', async () => {
  const host = new RecordingHost({}, { isTTY: true });
  const terminal = new Terminal(host);
  terminal.print('a\u001b[2J');
  terminal.tell('b\u202e');
  terminal.stderr.redraw('c\r');
  expect(await terminal.close()).toBe(0);
  expect(host.stdout.text).toBe('a\\u001b[2J\n');
  expect(host.stderr.text).toBe('b\\u202e\n\r\u001b[Kc\\u000d');
});

describe.each(['ENOSPC', 'EIO', 'EBADF'])('a stream that fails with %s', (failure) => {
  test('on standard error is forgotten', async () => {
    const host = new RecordingHost({}, { failure });
    const terminal = new Terminal(host);
    terminal.tell('progress');
    terminal.print('result');
    expect(await terminal.close()).toBe(0);
    expect(host.stdout.text).toBe('result\n');
  });

  test('on standard output is said once, and loses a result', async () => {
    const host = new RecordingHost({ failure });
    const terminal = new Terminal(host);
    terminal.print('first');
    terminal.print('second');
    expect(await terminal.close()).toBe(1);
    expect(host.stderr.text).toBe(`Warning: standard output cannot be written (${failure}: write failed).\n`);
  });

  test('loses nothing where only a log was printed', async () => {
    const terminal = new Terminal(new RecordingHost({ failure }));
    terminal.log('epoch 1');
    expect(await terminal.close()).toBe(0);
  });
});

test('a reader that has gone has what it wanted', async () => {
  const host = new RecordingHost({ failure: 'EPIPE' });
  const terminal = new Terminal(host);
  terminal.print('all of it');
  expect(await terminal.close()).toBe(0);
  expect(host.stderr.text).toBe('');
});

test('a stream that never calls back after its first error is not waited for', async () => {
  const host = new RecordingHost({ failure: 'EPIPE' });
  const terminal = new Terminal(host);
  terminal.print('first');
  await new Promise(setImmediate);
  terminal.print('second');
  expect(await terminal.close()).toBe(0);
});

test('a stream that throws while it is written to is one that fails', async () => {
  const host = new RecordingHost();
  host.stdout.write = () => {
    throw Object.assign(new Error('EAGAIN: try again'), { code: 'EAGAIN' });
  };
  const terminal = new Terminal(host);
  terminal.print('result');
  expect(await terminal.close()).toBe(1);
});

test('a closed terminal leaves no listeners behind', async () => {
  const host = new RecordingHost();
  await new Terminal(host).close();
  expect([host.stdout.listenerCount('error'), host.stderr.listenerCount('error')]).toEqual([0, 0]);
});
