// `npm run bench:accuracy`: differences between the logits of engines and of the model, for each precision and backend of this machine.
import { createRequire } from 'node:module';
import { bootstrap } from '../lib/bootstrap.mjs';
import { counts, readFlags, refuse } from '../lib/flags.mjs';
import { DEBIAN, requireData } from '../runs/fashion-mnist-data.mjs';
import { percent, print } from './lib/table.mjs';

const HELP = `npm run bench:accuracy -- [options] MODEL

Logits of a trained model in float32 compared with those of engines of every precision and backend, on random images and on the test
images of Fashion-MNIST. MODEL is a file that the model was saved in, such as best.safetensors of a run.

  --images N   of each kind (default 1000)
  --data DIR     where the idx files of Fashion-MNIST are (default ${DEBIAN})
`;

const flags = readFlags(HELP, { images: '1000', data: DEBIAN }, 1);
const [images] = counts(flags, 'images');
requireData(flags.data);

await bootstrap([]);
const require = createRequire(import.meta.url);
const { batches, GoogLeNet, IdxDataset } = require('../..');
const { createProgressDisplay } = require('../../dist/core/progress.js');
const { Screen } = require('../../dist/core/terminal.js');
const { loadEngineAddon } = require('../../dist/native/load-engine.js');

const BATCH = 50;
const MOST_FOR_CALIBRATION = 200;
const PREPROCESSING = { resize: 256, crop: 224 };

const { instructionSets } = loadEngineAddon();
const WISHES = [
  ['float32', 'avx512', { winograd: true }],
  ['float32', 'avx512', { winograd: false }],
  ['float32', 'avx2', { winograd: true }],
  ['float32', 'avx2', { winograd: false }],
  ['float32', 'libtorch', {}],
  ['bfloat16', 'amx', {}],
  ['bfloat16', 'avx512', {}],
  ['bfloat16', 'libtorch', {}],
  ['int8', 'amx', {}],
  ['int8', 'avx512', {}],
].filter(([precision, backend]) => backend === 'libtorch' || instructionSets(precision).includes(backend));

/** Uniform in [-2, 2), as normalized images are; the same in every run. */
function* randomBatches(count) {
  let state = 1;
  for (let first = 0; first < count; first += BATCH) {
    const n = Math.min(BATCH, count - first);
    const data = new Float32Array(n * 3 * 224 * 224);
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = state / 2 ** 30 - 2;
    }
    yield { data, shape: [n, 3, 224, 224] };
  }
}

async function* realBatches(dataset, first, count) {
  const indices = Uint32Array.from({ length: count }, (_, i) => first + i);
  for await (const { images } of batches(dataset, { indices, batchSize: BATCH, ...PREPROCESSING }))
    yield images;
}

const best = (logits) => logits.reduce((most, logit, i) => (logit > logits[most] ? i : most), 0);

/** The largest difference of a logit, relative to the largest logit of the image. */
function farthest(a, b) {
  let most = 0;
  let difference = 0;
  for (const [k, logit] of a.entries()) {
    most = Math.max(most, Math.abs(logit));
    difference = Math.max(difference, Math.abs(logit - b[k]));
  }
  return difference / most;
}

/** Differences over all images: of all logits together, of the worst logit of all, and in the class that comes first. */
class Comparison {
  squares = 0;
  difference = 0;
  worst = 0;
  same = 0;
  count = 0;

  add(expected, found) {
    const [n, classes] = expected.shape;
    for (let i = 0; i < n; i++) {
      const a = expected.data.subarray(i * classes, (i + 1) * classes);
      const b = found.data.subarray(i * classes, (i + 1) * classes);
      const squares = a.reduce((sum, logit) => sum + logit ** 2, 0);
      const difference = a.reduce((sum, logit, k) => sum + (logit - b[k]) ** 2, 0);
      this.squares += squares;
      this.difference += difference;
      this.worst = Math.max(this.worst, farthest(a, b));
      this.same += best(a) === best(b);
      this.count++;
    }
  }

  get cells() {
    const relative = Math.sqrt(this.difference / this.squares);
    return [relative.toExponential(1), this.worst.toExponential(1), percent(this.same / this.count)];
  }
}

const model = await GoogLeNet.load(flags.positionals[0]).catch(({ code, message }) =>
  refuse(`${code}: ${message}`),
);
const dataset = await IdxDataset.open(flags.data, { split: 'test' });
const calibration = [];
const last = Math.min(MOST_FOR_CALIBRATION, dataset.length);
for await (const images of realBatches(dataset, dataset.length - last, last)) calibration.push(images);

const engines = [];
for (const [precision, backend, own] of WISHES) {
  const extra = precision === 'int8' ? { calibration } : {};
  engines.push(await model.optimize({ precision, backend, ...own, ...extra }));
}
const progress = createProgressDisplay(new Screen(process.stderr));
const results = { random: engines.map(() => new Comparison()), real: engines.map(() => new Comparison()) };
const sources = { random: randomBatches(images), real: realBatches(dataset, 0, images) };
for (const [kind, source] of Object.entries(sources)) {
  let done = 0;
  for await (const batch of source) {
    const [expected] = await model.forward(batch);
    for (const [i, engine] of engines.entries())
      results[kind][i].add(expected, (await engine.forward(batch))[0]);
    done += batch.shape[0];
    progress.update({ label: `${kind} images`, done, total: images, details: [] });
  }
}
progress.close();
const columns = ['difference', 'worst logit', 'same class first'];
print(
  `Logits of engines against those of the model in float32, ${images} random and ${images} real images: differences of all
(root of the sum of squares, relative) and the largest one (of the largest logit of its image)`,
  ['', ...columns.map((column) => `random: ${column}`), ...columns.map((column) => `real: ${column}`)],
  WISHES.map(([precision, backend, { winograd }], i) => [
    `${precision}, ${backend}${winograd ? ', Winograd' : ''}`,
    ...results.random[i].cells,
    ...results.real[i].cells,
  ]),
);
process.exit(0);
