import { type Engine, type EngineBackend, GoogLeNet, type StateTensor } from '../../src/index';
import { backendsOf, floatImages } from '../support/engines';

/** The first layer makes infinity of 3e38, the second NaN of that; a ReLU, a max-pool and all else lie behind it. */
async function overflowingModel(): Promise<GoogLeNet> {
  const model = new GoogLeNet({
    numClasses: 4,
    auxLogits: false,
    variant: 'torchvision',
    initWeights: false,
    seed: 3,
  });
  const weights = await model.stateDict();
  ((weights['conv1.bn.weight'] as StateTensor).data as Float32Array).fill(1000);
  await model.loadStateDict(weights);
  return model.eval();
}

/** Every way to compute in a precision that this machine has. */
const KERNELS = (['float32', 'bfloat16'] as const).flatMap((precision) =>
  backendsOf(precision).flatMap((backend) =>
    (precision === 'float32' && backend !== 'libtorch' ? [true, false] : [false]).map(
      (winograd) => [backend as EngineBackend, precision, winograd] as const,
    ),
  ),
);

const SIDE = 64;
const images = floatImages(2, SIDE);
const FIRST_OF_SECOND = 3 * SIDE * SIDE;

/** In corners of the image, and in its middle, where pools meet it at different positions of their kernels. */
const PIXELS = [0, SIDE - 1, 31 * SIDE + 31, 34 * SIDE + 36, SIDE * SIDE - 1];

let model: GoogLeNet;
beforeAll(async () => {
  model = await overflowingModel();
});
afterAll(() => model.dispose());

describe.each(KERNELS)('%s in %s, Winograd: %s', (backend, precision, winograd) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await model.optimize({ backend, precision, winograd, threads: 1 });
  });
  afterAll(() => engine.dispose());

  test.each(PIXELS)(
    'one value of 3e38 at %i gives NaN, as in the model, for its image only',
    async (place) => {
      const huge = { data: Float32Array.from(images.data), shape: images.shape };
      huge.data[FIRST_OF_SECOND + place] = 3e38;
      const [expected] = await model.forward(huge);
      const [found] = await engine.forward(huge);
      const areNaN = [...Array(4).fill(false), ...Array(4).fill(true)];
      expect(Array.from(expected.data, Number.isNaN)).toEqual(areNaN);
      expect(Array.from(found.data, Number.isNaN)).toEqual(areNaN);
    },
  );
});
