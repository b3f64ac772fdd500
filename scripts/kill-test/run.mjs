// One process of the kill test: `node run.mjs <checkpoints> <weights>` begins or resumes the run, and writes the weights at
// its end. Each line that it prints says where it is, as JSON.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { GoogLeNet, readCheckpoint, setNumThreads, Trainer } = require('../..');
const { findCheckpoint } = require('../../dist/train/find-checkpoint.js');

const [, , checkpointDir, weights] = process.argv;
const say = (line) => console.log(JSON.stringify(line));

/** Images of 4×4 pixels, each of its own colors. */
const images = (length, seed) => ({
  length,
  classes: ['a', 'b'],
  label: (index) => index % 2,
  image: async (index) => ({
    data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37 * (index + seed) + 101 * index) % 256),
    height: 4,
    width: 4,
  }),
});

setNumThreads(1);
const onDamaged = (path, { message }) => say({ type: 'damaged', path, message });
const resume = await findCheckpoint(checkpointDir, onDamaged);
const { state } = resume === null ? {} : await readCheckpoint(resume.path);
await resume?.close();
say({ type: 'found', step: state?.globalStep ?? null });

const model = new GoogLeNet({ numClasses: 2, auxLogits: false, seed: 5 });
const trainer = new Trainer(model);
const sizes = { epochs: 3, batchSize: 2, resize: 224, seed: 5 };
const saving = { checkpointDir, everyNTrainSteps: 1, ...(resume && { resume: resume.path }) };
const options = { ...sizes, ...saving, validation: images(4, 9) };
for await (const { type, step, stepsPerEpoch } of trainer.fit(images(8, 1), options)) {
  say({ type, step, isLastOfEpoch: step % stepsPerEpoch === 0 });
}
await model.save(weights);
say({ type: 'complete' });
