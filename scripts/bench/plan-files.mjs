// Plans of the benchmark's model, one for each precision that this machine computes.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readFloats } from './server.mjs';

const require = createRequire(import.meta.url);
const { GoogLeNet } = require('../..');
const { loadEngineAddon } = require('../../dist/native/load-engine.js');

/** @returns precision → file, and what tells the tiers by which this machine computes in a precision. */
export async function writePlans(folder, { weights, images }) {
  const { tiers } = loadEngineAddon();
  const hasBytes = tiers('int8').length > 0;
  const model = await GoogLeNet.load(weights, { auxLogits: false });
  const data = readFloats(images).subarray(0, 8 * 3 * 224 * 224);
  const calibration = { data, shape: [8, 3, 224, 224] };
  const wishes = { float32: {}, bfloat16: {}, ...(hasBytes && { int8: { calibration } }) };
  const plans = {};
  for (const [precision, wish] of Object.entries(wishes)) {
    const engine = await model.optimize({ precision, ...wish });
    plans[precision] = join(folder, `${precision}.plan`);
    await engine.save(plans[precision]);
    engine.dispose();
  }
  model.dispose();
  return { plans, tiersOf: tiers };
}
