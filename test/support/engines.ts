import {
  type EnginePrecision,
  GoogLeNet,
  type GoogLeNetOptions,
  type Images,
  type Tensor,
} from '../../src/index';
import { loadEngineAddon } from '../../src/native/load-engine';

/** Backends by which this machine computes in a precision. */
export const backendsOf = (precision: EnginePrecision): string[] => [
  ...loadEngineAddon().instructionSets(precision),
  ...(precision === 'int8' ? [] : ['libtorch']),
];

/** Whether this machine has any kernels of ours. */
export const HAS_KERNELS = loadEngineAddon().instructionSets('float32').length > 0;

/** Images whose values differ from position to position and from one image to the next. */
export function floatImages(count: number, side = 224): Images {
  const data = new Float32Array(count * 3 * side * side);
  for (let i = 0; i < data.length; i++) data[i] = Math.sin(i * 0.7) + Math.cos(i * 0.013);
  return { data, shape: [count, 3, side, side] };
}

export function byteImages(count: number, side = 224): Images {
  const data = new Uint8Array(count * 3 * side * side);
  for (let i = 0; i < data.length; i++) data[i] = i * 7919 + (i >> 9);
  return { data, shape: [count, side, side, 3] };
}

export const imageOf = ({ data, shape }: Images, index: number): Images => {
  const size = data.length / (shape[0] ?? 1);
  return {
    data: data.slice(index * size, (index + 1) * size) as Images['data'],
    shape: [1, ...shape.slice(1)],
  };
};

/** In evaluation mode, with statistics of BatchNorm that images have moved. */
export async function finishedModel(options: GoogLeNetOptions = {}): Promise<GoogLeNet> {
  const usual = { numClasses: 10, auxLogits: true, initWeights: false, channelsLast: false, seed: 3 };
  const model = new GoogLeNet({ ...usual, ...options });
  for (let step = 0; step < 3; step++) await model.forward(floatImages(2));
  model.eval();
  return model;
}

/** The largest difference, as a part of the largest logit. */
export function differenceOf(expected: Tensor, found: Tensor): number {
  expect(found.shape).toEqual(expected.shape);
  const largest = expected.data.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  return (
    found.data.reduce((most, logit, i) => Math.max(most, Math.abs(logit - (expected.data[i] ?? 0))), 0) /
    largest
  );
}
