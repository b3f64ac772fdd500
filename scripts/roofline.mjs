// Where the time of an engine goes: what each step achieves of what one core can.
import { createRequire } from 'node:module';
import { percent, print } from './bench/table.mjs';
import { bootstrap } from './bootstrap.mjs';
import { counts, readFlags } from './flags.mjs';

const HELP = `node scripts/roofline.mjs [options]

Times every step of an engine on one core, picture after picture, and prints what it achieves: multiply-adds a second against the most
that the core's instructions can do, measured in registers, and bytes of weights a second.

  --precision P   float32, bfloat16 or int8 (default float32)
  --tier T        avx2, avx512 or amx (default: the fastest)
  --direct        without Winograd
  --runs N        pictures (default 200)
`;

const flags = readFlags(HELP, { precision: 'float32', tier: 'auto', direct: false, runs: '200' });
const [runs] = counts(flags, 'runs');

await bootstrap([]);
const require = createRequire(import.meta.url);
const { GoogLeNet } = require('..');
const { loadEngineAddon } = require('../dist/native/load-engine.js');

const model = new GoogLeNet({ auxLogits: false, initWeights: true, seed: 0 });
const calibration = {
  data: new Float32Array(3 * 224 * 224).map((_, i) => Math.sin(i)),
  shape: [1, 3, 224, 224],
};
const engine = await model.optimize({
  precision: flags.precision,
  tier: flags.tier,
  winograd: !flags.direct,
  threads: 1,
  ...(flags.precision === 'int8' && { calibration }),
});
const { steps } = engine.describe();
const times = await engine.profile({ runs });
const peaks = loadEngineAddon().peaks();

/** Of the instructions that a kernel is made of, by the words of its name. */
const peakOf = (kernel) => {
  const [tier, precision] = kernel.split(' ');
  return peaks[`${tier} ${precision === 'winograd' ? 'float32' : precision}`];
};
const total = times.reduce((sum, time) => sum + time, 0);
print(
  `Steps of an engine in ${engine.precision}, one core; 1 MAC is two operations`,
  ['', 'kernel', 'time', 'share', 'MMAC', 'GOP/s', 'of the peak', 'weights'],
  [
    ...steps.map(({ name, kernel, multiplyAdds, weightBytes }, i) => {
      const rate = (2 * multiplyAdds) / times[i] / 1000;
      const peak = peakOf(kernel);
      return [
        name,
        kernel,
        `${times[i].toFixed(1)} µs`,
        percent(times[i] / total),
        multiplyAdds > 0 ? (multiplyAdds / 1e6).toFixed(1) : '',
        multiplyAdds > 0 ? rate.toFixed(0) : '',
        multiplyAdds > 0 && peak ? percent(rate / peak) : '',
        weightBytes > 0 ? `${(weightBytes / times[i] / 1000).toFixed(1)} GB/s` : '',
      ];
    }),
    ['all', '', `${total.toFixed(0)} µs`, '', '', '', '', ''],
  ],
);
console.log(
  `\nPeaks of one core, GOP/s: ${Object.entries(peaks)
    .map(([name, peak]) => `${name} ${peak.toFixed(0)}`)
    .join(', ')}`,
);
process.exit(0);
