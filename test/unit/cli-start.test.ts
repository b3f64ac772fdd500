import { flagOf } from '../../src/cli/flags.js';
import type { Plan } from '../../src/cli/train/plan.js';
import { DEFAULTS, SETTING_NAMES } from '../../src/cli/train/settings.js';
import { formatStart } from '../../src/cli/train/summary.js';
import { cyan, plain } from '../../src/core/colors.js';

const environment = { libtorch: '2.13.0', processor: 'a processor' };
const plan = (changed: Partial<typeof DEFAULTS>): Plan =>
  ({
    dir: '/runs/first',
    run: {
      train: { folder: '/images/train', images: 60_000 },
      validation: null,
      weights: null,
      settings: { ...DEFAULTS, device: 'cpu', threads: 2, ...changed },
      classes: ['a', 'b'],
    },
    checkpoint: null,
  }) as unknown as Plan;

test('the start of a run says what differs from the defaults, and where the rest is', () => {
  const text = formatStart(plan({ momentum: 0.5, epochs: 3 }), environment, false);
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
  const lines = formatStart(plan({}), environment, true).split('\n');
  for (const name of SETTING_NAMES)
    expect(lines.some((line) => line.startsWith(`  ${flagOf(name).slice(2)} `))).toBe(true);
  expect(lines.at(-1)).toMatch(/^ {2}processor +a processor$/);
});
