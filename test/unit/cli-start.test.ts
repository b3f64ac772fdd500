import { flagOf } from '../../src/cli/flags.js';
import { formatStart } from '../../src/cli/train/summary.js';

import { cyan, plain } from '../../src/core/colors.js';
import { DEFAULTS, SETTING_NAMES } from '../../src/run/settings.js';

const environment = { libtorch: '2.13.0', processor: 'a processor' };
const start = (changed: Partial<typeof DEFAULTS>, isVerbose: boolean): string => {
  const run = {
    train: { folder: '/images/train', images: 60_000 },
    ...{ validation: null, weights: null, classes: ['a', 'b'], environment },
    settings: { ...DEFAULTS, device: 'cpu', threads: 2, ...changed },
  };
  return formatStart('/runs/first', run, null, isVerbose);
};

test('the start of a run says what differs from the defaults, and where the rest is', () => {
  const text = start({ momentum: 0.5, epochs: 3 }, false);
  expect(text).toContain(cyan('0.5'));
  expect(plain(text)).toBe(
    [
      'Training in /runs/first:',
      '  train       /images/train (60,000 images)',
      '  validation  none',
      '  classes     2',
      '  momentum    0.5',
      '  3 epochs of reference in batches of 32, learning rate 0.01, on the CPU with 2 threads, libtorch 2.13.0.',
      '  All settings: /runs/first/settings.json, or --verbose.',
    ].join('\n'),
  );
});

test('--verbose shows every setting and what the run runs on', () => {
  const lines = start({}, true).split('\n');
  for (const name of SETTING_NAMES)
    expect(lines.some((line) => line.startsWith(`  ${flagOf(name).slice(2)} `))).toBe(true);
  expect(lines.at(-1)).toMatch(/^ {2}processor +a processor$/);
});
