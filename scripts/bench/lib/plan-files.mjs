// Plans of the benchmark's model, one for each precision that this machine computes.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readFloats } from '../sides/server.mjs';

const require = createRequire(import.meta.url);
const { GoogLeNet } = require('../../..');
const { savePlan } = require('../../../dist/engine/plan.js');
const { loadEngineAddon } = require('../../../dist/native/load-engine.js');

/** @returns precision → file, and the function precision → backends of this machine. */
export async function writePlans(folder, { weights, images }) {
  const { instructionSets } = loadEngineAddon();
  const hasBytes = instructionSets('int8').length > 0;
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
  return { plans, backendsOf: instructionSets };
}

/** A plan of a network for images of one pixel, with almost no work. */
export async function writeEmptyPlan(folder) {
  const memory = new ArrayBuffer(64);
  const numbers = (offset, count, shape) => ({
    dtype: 'F32',
    shape,
    data: new Float32Array(memory, offset, count),
  });
  const layer = { channel: 0, outputs: 1, stride: 1, padding: 0, ceil: false, relu: false, alpha: 0, k: 0 };
  const convolution = { ...layer, kind: 'convolution', window: 1, side: 0 };
  const network = {
    precision: 'float32',
    values: [3, 1, 1, 1].map((channels) => ({ channels, scale: 0 })),
    layers: [
      { ...convolution, name: 'first', input: 0, output: 1 },
      { ...layer, kind: 'average', name: 'mean', input: 1, output: 2, window: 0, side: 1 },
      { ...convolution, name: 'last', input: 2, output: 3 },
    ],
    heads: [3],
    imageScale: [1, 1, 1],
    imageShift: [0, 0, 0],
  };
  const tensors = {
    'first.weight': numbers(0, 3, [1, 3, 1, 1]),
    'first.bias': numbers(16, 1, [1]),
    'last.weight': numbers(32, 1, [1, 1, 1, 1]),
    'last.bias': numbers(48, 1, [1]),
  };
  const plan = join(folder, 'empty.plan');
  const model = { numClasses: 1, inputSizes: { min: 1, max: 1, reason: 'the network takes one pixel' } };
  await savePlan(plan, { model, network, tensors });
  return plan;
}
