// Where the time of an engine goes: what each step achieves of what one core can.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, root } from '../lib/bootstrap.mjs';
import { checkChoice, counts, readFlags, refuse } from '../lib/flags.mjs';
import { percent, print } from './lib/table.mjs';

const HELP = `npm run bench:roofline -- [options]

Times every step of engines on one core, image after image, and prints what it achieves: multiply-adds a second against the most
that the core's instructions can do, measured in registers, and bytes of weights a second.

  --precision P   float32, bfloat16 or int8 (default: each that the backend, or this machine, has instructions for)
  --backend B     avx2, avx512 or amx (default: the fastest)
  --direct        without Winograd
  --runs N        images, at most 10000 (default 200)
`;

const flags = readFlags(HELP, { precision: undefined, backend: 'auto', direct: false, runs: '200' });
const [runs] = counts(flags, 'runs');
if (runs > 10_000) refuse('--runs takes at most 10000.');
const PRECISIONS = ['float32', 'bfloat16', 'int8'];
checkChoice(flags, 'precision', PRECISIONS);
checkChoice(flags, 'backend', ['auto', 'avx2', 'avx512', 'amx']);

await bootstrap([]);
const require = createRequire(import.meta.url);
const { GoogLeNet } = require('../..');
const { loadEngineAddon } = require('../../dist/native/load-engine.js');

const calibration = {
  data: new Float32Array(3 * 224 * 224).map((_, i) => Math.sin(i)),
  shape: [1, 3, 224, 224],
};
const { instructionSets } = loadEngineAddon();

// Compiled first, so that it can run right after an engine.
const build = join(root, 'build');
execFileSync('cmake', ['--build', build, '--target', 'instruction_peaks'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
/** Operations a nanosecond of one core, by `<instruction set> <type>`. */
const measurePeaks = () => JSON.parse(execFileSync(join(build, 'instruction_peaks'), { encoding: 'utf8' }));

const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);

function row(name, kernel, { time, share, multiplyAdds, weightBytes, floor }) {
  const works = multiplyAdds > 0;
  return [
    name,
    kernel,
    `${time.toFixed(1)} µs`,
    share,
    works ? (multiplyAdds / 1e6).toFixed(1) : '',
    works ? ((2 * multiplyAdds) / time / 1000).toFixed(0) : '',
    works ? percent(floor / time) : '',
    works ? `${(weightBytes / time / 1000).toFixed(1)} GB/s` : '',
  ];
}

async function printSteps(model, precision) {
  const engine = await model.optimize({
    precision,
    backend: flags.backend,
    winograd: !flags.direct,
    threads: 1,
    ...(precision === 'int8' && { calibration }),
  });
  const { steps } = await engine.describe();
  const times = await engine.profile({ runs });
  engine.dispose();
  // At once, while the clock is still what it was: a core that was idle is faster for a while.
  const peaks = measurePeaks();
  /** Of the instructions that a kernel is made of, by the words of its name. */
  const peakOf = (kernel) => {
    const [backend, number] = kernel.split(' ');
    return peaks[`${backend} ${number === 'winograd' ? 'float32' : number}`];
  };
  // Microseconds that the multiply-adds would take at the peak.
  const floors = steps.map(({ kernel, multiplyAdds }) =>
    multiplyAdds > 0 ? (2 * multiplyAdds) / peakOf(kernel) / 1000 : 0,
  );
  const total = {
    time: sum(times),
    multiplyAdds: sum(steps.map((step) => step.multiplyAdds)),
    weightBytes: sum(steps.map((step) => step.weightBytes)),
    floor: sum(floors),
  };
  print(
    `Steps of an engine in ${precision}, one core; 1 MAC is two operations, of Winograd too, which needs fewer`,
    ['', 'kernel', 'time', 'share', 'MMAC', 'GOP/s', 'of the peak', 'weights'],
    [
      ...steps.map(({ name, kernel, ...step }, i) =>
        row(name, kernel, {
          ...step,
          time: times[i],
          share: percent(times[i] / total.time),
          floor: floors[i],
        }),
      ),
      row('all', '', { ...total, share: '' }),
    ],
  );
  const rates = Object.entries(peaks).map(([name, peak]) => `${name} ${peak.toFixed(0)}`);
  console.log(`Peaks of one core, GOP/s: ${rates.join(', ')}`);
}

const model = new GoogLeNet({ auxLogits: false, initWeights: true, seed: 0 });
const isPossible = (precision) =>
  flags.backend === 'auto'
    ? instructionSets(precision).length > 0
    : instructionSets(precision).includes(flags.backend);
const wanted = PRECISIONS.filter(
  (one) => (flags.precision === undefined || one === flags.precision) && isPossible(one),
);
if (wanted.length === 0) {
  const has = PRECISIONS.map((one) => `${one} by ${instructionSets(one).join(', ') || 'none'}`).join('; ');
  refuse(`Nothing to time: kernels of this machine compute ${has}.`);
}
for (const precision of wanted) await printSteps(model, precision);
process.exit(0);
