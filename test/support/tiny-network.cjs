/**
 * Options of the addon's `Engine` for a network of a few channels: a convolution, an average, a classifier. It takes images of any size and
 * gives ten logits; so engines do everything besides computing, at no cost. A plain file, because Workers of child processes read it too.
 */
const SIDE = 16;
const CHANNELS = 8;
const CLASSES = 10;

const layer = (changes) => ({
  ...{ kind: 'convolution', channel: 0, window: 1, stride: 1, padding: 0, ceil: false, relu: false },
  ...{ side: 0, alpha: 0, k: 0 },
  ...changes,
});

exports.tinyEngine = (changes = {}) => {
  // Numbers of the weights and biases, one after the other.
  const sizes = [CHANNELS * 3 * 9, CHANNELS, CLASSES * CHANNELS, CLASSES];
  const [weight, bias, fcWeight, fcBias] = sizes.map((_, i) =>
    sizes.slice(0, i).reduce((bytes, size) => bytes + 4 * size, 0),
  );
  const weights = new Uint8Array(4 * sizes.reduce((a, b) => a + b));
  new Float32Array(weights.buffer).fill(1e-3);
  const network = {
    precision: 'float32',
    values: [3, CHANNELS, CHANNELS, CLASSES].map((channels) => ({ channels, scale: 0 })),
    layers: [
      layer({
        ...{ name: 'conv', input: 0, output: 1, outputs: CHANNELS, window: 3, stride: 2, padding: 1 },
        ...{ relu: true, weightOffset: weight, biasOffset: bias },
      }),
      layer({ name: 'pool', kind: 'average', input: 1, output: 2, outputs: CHANNELS, window: 0, side: 1 }),
      layer({
        ...{ name: 'fc', input: 2, output: 3, outputs: CLASSES },
        ...{ weightOffset: fcWeight, biasOffset: fcBias },
      }),
    ],
    heads: [3],
    imageScale: [1, 1, 1],
    imageShift: [0, 0, 0],
  };
  return {
    network,
    weights,
    instructionSet: 'avx2',
    winograd: false,
    threads: 1,
    maxBatch: 32,
    keepMemoryMs: 10_000,
    ...changes,
  };
};

/** For `forward`: bytes `[count, 16, 16, 3]`. */
exports.tinyImages = (count = 1, changes = {}) => ({
  images: new Uint8Array(count * SIDE * SIDE * 3).fill(7),
  shape: [count, SIDE, SIDE, 3],
  mean: [0, 0, 0],
  std: [1, 1, 1],
  id: 0,
  ...changes,
});
