import { Parity } from './harness.js';
import { build, snakeCase } from './options.js';

const parity = Parity.use();

const squares = Array.from({ length: 269 }, (_, index) => [32 + index, 32 + index] as const);
const rectangles = [
  [223, 254],
  [254, 223],
  [224, 255],
  [222, 224],
  [224, 448],
  [112, 448],
  [1, 1],
] as const;
const sizes = [...squares, ...rectangles];

test.each([true, false])(
  'exactly the image sizes that PyTorch’s model can take are taken: aux %s',
  async (auxLogits) => {
    const options = { numClasses: 10, auxLogits };
    const { facts } = await parity.ask('accepts', { options: snakeCase(options), sizes });
    const model = parity.own(build(options, 0)).eval();
    const accepted: (readonly [number, number])[] = [];
    for (const [height, width] of sizes) {
      const images = { data: new Float32Array(3 * height * width), shape: [1, 3, height, width] };
      const error = await model.forward(images).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) accepted.push([height, width]);
      else expect(error).toMatchObject({ name: 'GoogLeNetError', code: 'INVALID_SHAPE' });
    }
    const key = ([height, width]: readonly number[]) => `${height}×${width}`;
    const [ours, theirs] = [new Set(accepted.map(key)), new Set((facts.accepted as number[][]).map(key))];
    const differing = sizes.filter((size) => ours.has(key(size)) !== theirs.has(key(size))).length;
    parity.record(`image sizes accepted, ${auxLogits ? 'with' : 'without'} aux`, {
      tensors: 1,
      values: sizes.length,
      differing,
      maxUlp: 0,
    });
    expect([...ours]).toEqual([...theirs]);
  },
);
