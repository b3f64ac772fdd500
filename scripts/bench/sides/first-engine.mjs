// Loads a plan, runs one image and exits; the caller times the process: `node first-engine.mjs PLAN THREADS`
import { createRequire } from 'node:module';

const { Engine } = createRequire(import.meta.url)('../../..');

const engine = await Engine.load(process.argv[2], { threads: Number(process.argv[3]) });
const [main] = await engine.forward({ data: new Float32Array(3 * 224 * 224), shape: [1, 3, 224, 224] });
console.log([...main.data.slice(0, 5)]);
process.exit(0);
