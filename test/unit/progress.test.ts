import { createProgressDisplay, formatTimeLeft, type ProgressOptions } from '../../src/core/progress.js';
import { Screen } from '../../src/core/terminal.js';
import { RecordingStream } from '../support/host.js';

const CLEAR = '\r\u001b[K';
const status = (done: number) => ({ label: 'epoch 1/2', done, total: 8, details: ['loss 1.0'] });

function fake(isTTY: boolean, columns = 80) {
  const screen = new RecordingStream({ isTTY, columns });
  const time = { ms: 0 };
  return {
    screen,
    time,
    display: (options: ProgressOptions = {}) =>
      createProgressDisplay(new Screen(screen), { env: { TERM: 'xterm' }, clock: () => time.ms, ...options }),
  };
}

test('away from a terminal a line is printed at once and then every ten seconds', () => {
  const { screen, time, display } = fake(false);
  const lines = display();
  for (; time.ms <= 20_000; time.ms += 500) lines.update(status(time.ms / 2500));
  lines.line('epoch 1/2 is over');
  lines.close();
  expect(screen.text).toBe(
    [
      'epoch 1/2  0/8  loss 1.0',
      'epoch 1/2  4/8  loss 1.0',
      'epoch 1/2  8/8  loss 1.0',
      'epoch 1/2 is over',
      '',
    ].join('\n'),
  );
});

test('a terminal that cannot clear a line gets plain lines too', () => {
  const { screen, display } = fake(true);
  display({ env: { TERM: 'dumb' } }).update(status(1));
  expect(screen.text).toBe('epoch 1/2  1/8  loss 1.0\n');
});

test('on a terminal one line is drawn over itself, ten times a second at most', () => {
  const { screen, time, display } = fake(true);
  const bar = display();
  bar.update(status(0));
  for (time.ms = 1; time.ms < 100; time.ms++) bar.update(status(1));
  time.ms = 100;
  bar.update(status(2));
  const drawn = (filled: number, done: number) =>
    `${CLEAR}epoch 1/2 ${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${done}/8  loss 1.0`;
  expect(screen.text).toBe(drawn(0, 0) + drawn(6, 2));
});

test('a full bar is always drawn', () => {
  const { screen, display } = fake(true);
  const bar = display();
  bar.update(status(7));
  bar.update(status(8));
  expect(screen.text).toContain('█'.repeat(24));
});

test('lines stay above the bar, and the bar goes away', () => {
  const { screen, display } = fake(true);
  const bar = display();
  bar.line('before');
  bar.update(status(0));
  const [, drawn = ''] = screen.text.split(CLEAR);
  bar.line('after');
  bar.close();
  bar.close();
  expect(screen.text).toBe(`before\n${CLEAR}${drawn}${CLEAR}after\n${drawn}${CLEAR}`);
});

test('at 60 columns the time left stays, and the least important numbers go first', () => {
  const drawn = (columns: number) => {
    const { screen, display } = fake(true, columns);
    const details = ['loss 1.2500', 'top-1 50.00 %', '10.0 images/s'];
    const label = 'epoch 12/100';
    display().update({ label, done: 1234, total: 60_000, details, timeLeft: '1:02:03 left' });
    return screen.text.slice(CLEAR.length).replaceAll(/[█░]+/g, '▒');
  };
  const all = 'epoch 12/100 ▒ 1234/60000  loss 1.2500  top-1 50.00 %  10.0 images/s  1:02:03 left';
  expect(drawn(120)).toBe(all);
  expect(drawn(80)).toBe(all.replace('  10.0 images/s', ''));
  expect(drawn(60)).toBe('epoch 12/100 ▒ 1234/60000  loss 1.2500  1:02:03 left');
  expect(drawn(48)).toBe('epoch 12/100 ▒ 1234/60000  1:02:03 left');
  expect(drawn(40)).toBe('epoch 12/100 1234/60000  1:02:03 left');
});

test('fields take room from the bar, and the line never wraps', () => {
  const { screen, display } = fake(true, 40);
  display().update(status(4));
  expect(screen.text).toBe(`${CLEAR}epoch 1/2 ████████░░░░░░░ 4/8  loss 1.0`);
  const narrow = fake(true, 20);
  narrow.display().update(status(4));
  expect(narrow.screen.text).toBe(`${CLEAR}epoch 1/2 4/8`);
});

test('a task of unknown length has no bar', () => {
  const { screen, display } = fake(true);
  display().update({
    label: 'installing',
    done: 0,
    total: null,
    details: ['unpacking'],
    timeLeft: '0:10 left',
  });
  expect(screen.text).toBe(`${CLEAR}installing unpacking  0:10 left`);
});

test('a new task is shown at once', () => {
  const { screen, display } = fake(true);
  const bar = display();
  bar.update(status(1));
  bar.update(status(2));
  bar.update({ ...status(0), label: 'epoch 2/2' });
  expect(screen.text.split(CLEAR)).toHaveLength(3);
  expect(screen.text).toContain('epoch 2/2');
});

test('away from a terminal the first line can wait, and progress can be silent', () => {
  const late = fake(false);
  const lines = late.display({ firstLineMs: 10_000 });
  for (; late.time.ms <= 20_000; late.time.ms += 500) lines.update(status(late.time.ms / 2500));
  expect(late.screen.text).toBe('epoch 1/2  4/8  loss 1.0\nepoch 1/2  8/8  loss 1.0\n');

  const silent = fake(false);
  const display = silent.display({ withoutTerminal: 'silent' });
  display.update(status(1));
  display.line('the end');
  expect(silent.screen.text).toBe('the end\n');
});

test('names in labels and lines cannot steer the terminal', () => {
  const { screen, display } = fake(true);
  const bar = display();
  bar.update({ ...status(1), label: 'a\u001b[2J' });
  bar.line('b\u0007');
  const rest = screen.text.replaceAll(CLEAR, '');
  expect([rest.includes('\u001b'), rest.includes('\u0007')]).toEqual([false, false]);
});

test('the time left is that of the mean speed', () => {
  expect(formatTimeLeft(30, 10, 30)).toBe('1:00 left');
  expect(formatTimeLeft(0, 0, 30)).toBeUndefined();
});

test('numbers can have a unit', () => {
  const { screen, display } = fake(false);
  display().update({ label: 'imagenet1k-v1', done: 12, total: 52, unit: 'MB', details: [] });
  expect(screen.text).toBe('imagenet1k-v1  12/52 MB\n');
});
