// Imports the package, builds GoogLeNet, runs one image and exits; the caller times the process.
//     node first-logits.mjs THREADS
import { createRequire } from 'node:module';

const { GoogLeNet, setNumThreads } = createRequire(import.meta.url)('../../..');

setNumThreads(Number(process.argv[2]));
const model = new GoogLeNet({ initWeights: false, channelsLast: false, seed: 0 }).eval();
const [main] = await model.forward({ data: new Float32Array(3 * 224 * 224), shape: [1, 3, 224, 224] });
console.log([...main.data.slice(0, 5)]);
