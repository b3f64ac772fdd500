// What `npm run bench:training` prints.
import { median, medianOf } from './statistics.mjs';
import { ms, percent, print, rateOf, ratio, timeOf } from './table.mjs';

const BATCH = 32;
const MEASURE = 'median ± half the quartile distance';

const msOf = (replies) => replies.map((reply) => reply.ms);
const rates = (milliseconds) => milliseconds.map((value) => (BATCH * 1000) / value);
const largest = (replies, field) => Math.max(...replies.map((reply) => reply[field]));

export function printSteps(results) {
  const row = (name, ours, peer) => [
    name,
    timeOf(msOf(ours)),
    timeOf(msOf(peer)),
    ratio(medianOf(ours, 'ms'), medianOf(peer, 'ms')),
    '≤ 0.900',
    rateOf(rates(msOf(ours))),
    ms(medianOf(ours, 'delayP99')),
    ms(largest(ours, 'delayMax')),
  ];
  print(
    `Training step, batch ${BATCH} (${MEASURE}); PyTorch always from normalized floats`,
    ['', 'ours', 'PyTorch', 'ours / PyTorch', 'goal', 'images/s', 'event-loop delay p99', 'max'],
    results.flatMap(({ name, floats, bytes, peer }) => [
      row(`${name}, from floats`, floats, peer),
      row(`${name}, from bytes`, bytes, peer),
    ]),
  );
}

/** @param steps for the images/s of the trainer. */
export function printLoader(results, steps) {
  const trainers = steps.map(({ name, bytes }) => ({ name, rate: (BATCH * 1000) / medianOf(bytes, 'ms') }));
  print(
    `DataLoader alone, JPEGs of 500×375 (${MEASURE})`,
    [
      'augment',
      'images/s',
      'CPU ms an image',
      ...trainers.map(({ name }) => `/ trainer in ${name}`),
      'goal',
      'event-loop delay p99',
      'max',
    ],
    Object.entries(results).map(([augment, runs]) => [
      augment,
      rateOf(runs.map(({ rate }) => rate)),
      medianOf(runs, 'cpu').toFixed(2),
      ...trainers.map(({ rate }) => (medianOf(runs, 'rate') / rate).toFixed(1)),
      '≥ 3',
      ms(medianOf(runs, 'p99')),
      ms(largest(runs, 'max')),
    ]),
  );
}

export function printRuns(results) {
  print(
    `googlenet train with loader, dashboard and a page, logs and checkpoints, compared with the step alone from bytes (${MEASURE})`,
    [
      '',
      'step alone',
      'step of the run',
      'slower by',
      'images/s',
      "with an epoch's end",
      'event-loop delay p50',
      'p99',
      'goal',
      'max',
    ],
    results.map(({ name, ...runs }) => {
      const [alone, steps] = [runs.alone, runs.whole].map((some) => some.flatMap((run) => run.steps));
      const delays = runs.whole.map(({ delay }) => delay);
      return [
        name,
        timeOf(alone),
        timeOf(steps),
        percent(median(steps) / median(alone) - 1),
        rateOf(rates(steps)),
        ((BATCH * 1000) / medianOf(runs.whole, 'overall')).toFixed(1),
        ms(medianOf(delays, 'p50')),
        ms(medianOf(delays, 'p99')),
        '< 5.0 ms',
        ms(largest(delays, 'max')),
      ];
    }),
  );
  console.log('Delays are sampled every millisecond, so 1.0 ms or a little more is none.');
}

export function printProfile(results) {
  const kinds = Object.keys(results[0].profile.kinds);
  const cells = ({ profile }, value) => [ms(value), percent(value / profile.ms)];
  const row = (name, of) => [name, ...results.flatMap((result) => cells(result, of(result)))];
  const operations = ({ profile }) => Object.values(profile.kinds).reduce((sum, value) => sum + value, 0);
  print(
    "Where a step's time goes: the same operations in PyTorch, by its profiler; shares are of the profiled step",
    ['', ...results.flatMap(({ name }) => [name, 'share'])],
    [
      ...kinds.map((kind) => row(kind, ({ profile }) => profile.kinds[kind])),
      row('outside of operations', (result) => result.profile.ms - operations(result)),
      row("PyTorch's step, profiled", ({ profile }) => profile.ms),
      row("PyTorch's step", ({ peer }) => medianOf(peer, 'ms')),
      row('our step, from bytes', ({ bytes }) => medianOf(bytes, 'ms')),
    ],
  );
}
