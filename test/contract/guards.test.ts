import { closeSync, openSync } from 'node:fs';
import type { NativeClassifier } from '../../src/native/binding-types';
import { loadAddon } from '../../src/native/load';
import { loadEngineAddon } from '../../src/native/load-engine';

/** What C++ itself does when somebody goes around TypeScript. A crash here would end the test run. */
const addon = loadAddon();
// biome-ignore lint/suspicious/noExplicitAny: everything in this file is wrongly typed on purpose
type Any = any;

const ARCHITECTURE = {
  architecture: 'googlenet',
  variant: 'reference',
  numClasses: 10,
  auxLogits: true,
  dropout: 0.4,
  dropoutAux: 0.7,
  transformInput: false,
} as const;
const OPTIONS = {
  model: ARCHITECTURE,
  channelsLast: false,
  device: 'cpu',
  seed: 0n,
};
const TRAINER_OPTIONS = {
  frozen: [],
  head: [],
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  fused: false,
  auxWeight: 0.3,
  labelSmoothing: 0,
  classWeights: null,
  maxGradNorm: null,
  emaDecay: null,
  precision: 'float32',
} as const;
const NORMALIZATION = { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
const BATCH = {
  evaluation: false,
  id: 0,
  ...NORMALIZATION,
  images: new Uint8Array(224 * 224 * 3),
  shape: [1, 224, 224, 3],
};

let model: NativeClassifier;

beforeAll(async () => {
  model = new addon.Classifier(OPTIONS);
  await model.initialize({ method: 'default' });
});

afterAll(() => model.dispose());

/** The code with which a call fails, synchronously or not. */
async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: unknown }).code ?? (error as Error).name;
  }
  return 'no error';
}

const classifierOf = (changes: object) =>
  new addon.Classifier({ ...OPTIONS, model: { ...ARCHITECTURE, ...changes } } as Any);
const trainer = (changes: object = {}) => new addon.Trainer({ model, ...TRAINER_OPTIONS, ...changes } as Any);
const trainerWith = (changes: object) => () => trainer(changes);
const stepWith = (changes: object) => () =>
  trainer().step({ ...BATCH, labels: new Int32Array(1), lr: 0.1, microBatches: 1, ...changes } as Any);
const forward = (changes: object) => () => model.forward({ ...BATCH, ...changes } as Any);

test.each<[string, () => unknown, string]>([
  ['no options', () => (model as Any).forward(), 'INVALID_ARGUMENT'],
  ['options of the wrong type', () => (model as Any).forward('x'), 'INVALID_ARGUMENT'],
  ['missing images', forward({ images: undefined }), 'INVALID_ARGUMENT'],
  ['images of a plain array', forward({ images: [1, 2, 3] }), 'INVALID_ARGUMENT'],
  ['images of doubles', forward({ images: new Float64Array(4) }), 'INVALID_DTYPE'],
  ['too few bytes', forward({ images: new Uint8Array(5) }), 'INVALID_SHAPE'],
  ['a detached array', forward({ images: detached() }), 'INVALID_SHAPE'],
  ['a shape of five sizes', forward({ shape: [1, 1, 224, 224, 3] }), 'INVALID_SHAPE'],
  ['a negative size', forward({ shape: [-1, 224, 224, 3] }), 'INVALID_SHAPE'],
  ['a fractional size', forward({ shape: [1.5, 224, 224, 3] }), 'INVALID_ARGUMENT'],
  ['sizes whose product overflows', forward({ shape: [2 ** 50, 2 ** 50, 2 ** 50, 3] }), 'INVALID_SHAPE'],
  [
    'a size the layers cannot take',
    forward({ images: new Uint8Array(12), shape: [1, 2, 2, 3] }),
    'LIBTORCH_ERROR',
  ],
  ['a mean of two numbers', forward({ mean: [1, 2] }), 'INVALID_ARGUMENT'],
  ['a mean of texts', forward({ mean: ['a', 'b', 'c'] }), 'INVALID_ARGUMENT'],
  ['an unknown initialization', () => model.initialize({ method: 'zero' } as Any), 'INVALID_ARGUMENT'],
  ['a seed that is a number', () => model.manualSeed({ seed: 1 } as Any), 'INVALID_ARGUMENT'],
  ['a seed of 65 bits', () => model.manualSeed({ seed: 1n << 64n }), 'INVALID_ARGUMENT'],
  ['a generator state of one byte', () => resumeWith(new Uint8Array(1)), 'INVALID_CHECKPOINT'],
  ['a generator state of zeros', () => resumeWith(new Uint8Array(5056)), 'INVALID_CHECKPOINT'],
  ['a generator state that is too long', () => resumeWith(new Uint8Array(100_000)), 'INVALID_CHECKPOINT'],
  ['a trainer of no model', () => new addon.Trainer({ model: {} } as Any), 'INVALID_ARGUMENT'],
  ['an unknown precision', trainerWith({ precision: 'float16' }), 'INVALID_ARGUMENT'],
  ['weights for fewer classes', trainerWith({ classWeights: new Float32Array(9) }), 'INVALID_SHAPE'],
  ['weights of bytes', trainerWith({ classWeights: new Uint8Array(10) }), 'INVALID_DTYPE'],
  ['clipping to a text', trainerWith({ maxGradNorm: '1' }), 'INVALID_ARGUMENT'],
  ['a step in no micro-batches', stepWith({ microBatches: 0 }), 'INVALID_ARGUMENT'],
  ['a step in half a micro-batch', stepWith({ microBatches: 0.5 }), 'INVALID_ARGUMENT'],
  ['EMA weights that do not exist', () => trainer().applyEma(), 'INVALID_ARGUMENT'],
  [
    'a trainer of an inception module',
    () => new addon.Trainer({ model: inception() } as Any),
    'INVALID_ARGUMENT',
  ],
  ['a constructor without new', () => (addon.Classifier as Any)(OPTIONS), 'TypeError'],
  ['an unknown architecture', () => classifierOf({ architecture: 'vgg' }), 'INVALID_ARGUMENT'],
  ['an unknown variant', () => classifierOf({ variant: 'v3' }), 'INVALID_ARGUMENT'],
  ['a model of no settings', () => new addon.Classifier({ ...OPTIONS, model: 1 } as Any), 'INVALID_ARGUMENT'],
  ['a method of another object', () => model.forward.call({} as Any, BATCH), 'TypeError'],
  ['a method of another handle', () => model.forward.call(inception() as Any, BATCH), 'TypeError'],
  ['no threads', () => addon.setNumThreads({ threads: 0 }), 'INVALID_ARGUMENT'],
])('%s', async (_, call, code) => {
  expect(await codeOf(call)).toBe(code);
});

async function resumeWith(generator: Uint8Array) {
  const fd = openSync(__filename, 'r');
  const source = { fd, path: 'a file' };
  try {
    const nothing = { weights: [], momentum: [], hasMomentum: false, ema: [], hasEma: false };
    await trainer().resume({ source, ...nothing, generator });
  } finally {
    closeSync(fd);
  }
}

function detached(): Uint8Array {
  const array = new Uint8Array(224 * 224 * 3);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

function inception() {
  const channels = {
    naive: false as const,
    inChannels: 4,
    ch1x1: 1,
    ch3x3Reduce: 1,
    ch3x3: 1,
    ch5x5Reduce: 1,
    ch5x5: 1,
    poolProj: 1,
  };
  return new addon.InceptionModule({ ...channels, device: 'cpu', seed: 0n });
}

describe('tensors are only copied inside their source', () => {
  const bias = { name: 'fc.bias', dtype: 'F32', shape: [10], offset: 0, bytes: 40 } as const;
  const restore =
    (changes: object, bytes = 40) =>
    () =>
      model.restore({
        parts: [{ source: { buffer: new Uint8Array(bytes) }, spans: [{ ...bias, ...changes } as Any] }],
      });
  const snapshot =
    (changes: object, bytes = 40) =>
    () =>
      model.snapshot({ buffer: new Uint8Array(bytes), spans: [{ ...bias, ...changes } as Any] });

  test.each<[string, object, string]>([
    ['an offset behind the end', { offset: 8 }, 'INVALID_WEIGHTS'],
    ['an offset near 2^53', { offset: Number.MAX_SAFE_INTEGER }, 'INVALID_WEIGHTS'],
    ['a negative offset', { offset: -8 }, 'INVALID_ARGUMENT'],
    ['fewer bytes than the shape has', { bytes: 8 }, 'INVALID_WEIGHTS'],
    ['strides that leave the source', { shape: [10], strides: [2] }, 'INVALID_WEIGHTS'],
    ['strides that repeat numbers', { shape: [10], strides: [0], bytes: 4 }, 'INVALID_WEIGHTS'],
    ['huge strides', { shape: [10], strides: [2 ** 52] }, 'INVALID_WEIGHTS'],
    ['a stride too few', { shape: [2, 5], strides: [1] }, 'INVALID_WEIGHTS'],
    ['a huge shape', { shape: [2 ** 40, 2 ** 12], bytes: 40 }, 'INVALID_WEIGHTS'],
    ['an unknown dtype', { dtype: 'F31' }, 'INVALID_DTYPE'],
    ['an unknown name', { name: 'fc.nothing' }, 'WEIGHTS_MISMATCH'],
    ['another shape', { shape: [2, 5] }, 'WEIGHTS_MISMATCH'],
  ])('%s', async (_, changes, code) => {
    expect(await codeOf(restore(changes))).toBe(code);
    expect(await codeOf(snapshot(changes))).toBe(code);
  });

  test('a restore that fails at its second tensor leaves the first as it was', async () => {
    const read = async () => {
      const buffer = new Uint8Array(40);
      await model.snapshot({ buffer, spans: [{ ...bias, shape: [10] }] });
      return buffer;
    };
    const before = await read();
    const spans = [
      { ...bias, shape: [10] },
      { ...bias, name: 'fc.nothing', shape: [10] },
    ];
    const source = { buffer: new Uint8Array(40).fill(1) };
    expect(await codeOf(() => model.restore({ parts: [{ source, spans }] }))).toBe('WEIGHTS_MISMATCH');
    const parts = spans.map((span) => ({ source, spans: [span] }));
    expect(await codeOf(() => model.restore({ parts }))).toBe('WEIGHTS_MISMATCH');
    expect(await read()).toEqual(before);
  });

  test('a file that is shorter than its spans is refused, not read beyond its end', async () => {
    const spans = [{ ...bias, shape: [10], offset: 10_000_000 }];
    const fd = openSync(__filename, 'r');
    const restore = () => model.restore({ parts: [{ source: { fd, path: 'a file' }, spans }] });
    expect(await codeOf(restore)).toBe('INVALID_WEIGHTS');
    closeSync(fd);
    expect(await codeOf(restore)).toBe('FILE_ERROR');
  });
});

test('images and output of a transform must have the sizes they claim', async () => {
  const image = { data: new Uint8Array(12), height: 2, width: 2 };
  const call = (changes: object) => () =>
    addon.resizeCrop({
      images: [image],
      resize: 8,
      crop: 8,
      output: new Uint8Array(192),
      ...changes,
    } as Any);
  expect(await codeOf(call({}))).toBe('no error');
  expect(await codeOf(call({ images: [{ ...image, height: 3 }] }))).toBe('INVALID_SHAPE');
  expect(await codeOf(call({ images: [null] }))).toBe('INVALID_ARGUMENT');
  expect(await codeOf(call({ output: new Uint8Array(191) }))).toBe('INVALID_SHAPE');
  expect(await codeOf(call({ crop: 9 }))).toBe('INVALID_ARGUMENT');
  expect(await codeOf(call({ release: [7] }))).toBe('INVALID_ARGUMENT');
  const [first, second] = [new Uint8Array(12), new Uint8Array(5)];
  const images = [first, first].map((data) => ({ ...image, data }));
  const output = new Uint8Array(384);
  expect(await codeOf(call({ images, output, release: [first, first, second] }))).toBe('no error');
  expect([first.length, second.length, output.length]).toEqual([0, 0, 384]);
});

describe('engines', () => {
  const IMAGE = { ...NORMALIZATION, images: new Uint8Array(224 * 224 * 3), shape: [1, 224, 224, 3], id: 0 };
  let frozen: Any;
  beforeAll(async () => {
    const { network, weightBytes, copyWeights } = await model.lower({
      precision: 'float32',
      allHeads: false,
    });
    const weights = new Uint8Array(weightBytes);
    expect(await codeOf(() => copyWeights({ buffer: weights.subarray(1) }))).toBe('INVALID_SHAPE');
    await copyWeights({ buffer: weights });
    frozen = { network, weights };
  });

  const kinds = (): [string, (change: object) => Any][] => [
    ['of our own', (change) => new (loadEngineAddon().Engine as Any)({ ...best(), ...frozen, ...change })],
    ['libtorch', (change) => new (addon.LibtorchEngine as Any)({ ...frozen, ...change })],
  ];
  const best = () => ({
    instructionSet: loadEngineAddon().instructionSets('float32')[0],
    winograd: true,
    threads: 1,
    maxBatch: 1,
    keepMemoryMs: 10_000,
  });
  const withLayer = (change: object) => ({
    network: {
      ...frozen.network,
      layers: [{ ...frozen.network.layers[0], ...change }, ...frozen.network.layers.slice(1)],
    },
  });

  test.each<[string, () => object]>([
    ['no network', () => ({ network: undefined })],
    ['weights that are too short', () => ({ weights: frozen.weights.slice(0, 1000) })],
    ['weights that are no bytes', () => ({ weights: new Float32Array(10) })],
    ['weights at an odd place', () => withLayer({ weightOffset: frozen.network.layers[0].weightOffset + 1 })],
    ['a negative offset', () => withLayer({ biasOffset: -8 })],
    ['an offset beyond the end', () => withLayer({ weightOffset: 2 ** 52 })],
    ['no offset', () => withLayer({ weightOffset: undefined })],
    ['a kernel of a million', () => withLayer({ window: 1e6 })],
    ['a value that is not there', () => withLayer({ output: 1e6 })],
    ['a negative channel', () => withLayer({ channel: -1 })],
    ['numbers that are none', () => withLayer({ alpha: Number.NaN })],
    [
      'getters that throw',
      () => ({
        network: {
          get precision() {
            throw new Error('mine');
          },
        },
      }),
    ],
  ])('are refused with %s', async (_, change) => {
    for (const [, make] of kinds())
      expect(await codeOf(() => make(change()))).toMatch(/^(INVALID_\w+|Error)$/);
  });

  test('are refused with instruction sets and sizes that are not there', async () => {
    const make = (change: object) =>
      codeOf(() => new (loadEngineAddon().Engine as Any)({ ...best(), ...frozen, ...change }));
    expect(await make({ instructionSet: 'sse' })).toBe('INVALID_ARGUMENT');
    expect(await make({ threads: 1e9 })).toBe('INVALID_ARGUMENT');
    expect(await make({ maxBatch: 0 })).toBe('INVALID_ARGUMENT');
    expect(await make({ winograd: 'yes' })).toBe('INVALID_ARGUMENT');
  });

  test('refuse images of other shapes and types, and answer after that', async () => {
    for (const [, make] of kinds()) {
      const engine = make({});
      await engine.ready();
      const codeWith = (change: object) => codeOf(() => engine.forward({ ...IMAGE, ...change }));
      expect(await codeWith({ shape: [2, 224, 224, 3] })).toBe('INVALID_SHAPE');
      expect(await codeWith({ shape: [1, 224, 224] })).toBe('INVALID_SHAPE');
      expect(await codeWith({ images: new Float64Array(224 * 224 * 3) })).toMatch(/INVALID_/);
      expect(await codeWith({ images: new Uint8Array(3), shape: [1, 1, 1, 3] })).toBe('INVALID_SHAPE');
      expect(await codeWith({ images: null })).toBe('INVALID_ARGUMENT');
      expect(await codeWith({ id: 'x' })).toBe('INVALID_ARGUMENT');
      expect(await codeOf(() => engine.describe({ height: 10 }))).toBe('INVALID_ARGUMENT');
      expect(await codeOf(() => engine.cancel({ id: 7 }))).toBe('no error');
      expect((await engine.forward(IMAGE))[0].shape).toEqual([1, 10]);
      engine.dispose();
      expect(await codeWith({})).toBe('DISPOSED');
    }
  });

  test('may be disposed before they are ready', async () => {
    for (const [, make] of kinds()) {
      const engine = make({});
      const ready = engine.ready();
      engine.dispose();
      await ready;
      expect(await codeOf(() => engine.forward(IMAGE))).toBe('DISPOSED');
    }
  });

  test('have methods that only work on engines', async () => {
    for (const type of [loadEngineAddon().Engine, addon.LibtorchEngine] as Any[]) {
      expect(() => type.prototype.forward.call({}, IMAGE)).toThrow('Illegal invocation');
      expect(() => type.prototype.dispose.call(Object.create(type.prototype))).toThrow('Illegal invocation');
    }
  });
});
