/**
 * Every getter of a caller's objects may resize the caller's arrays while the addon reads a call. A crash here would end the test run: the
 * pages of a buffer that shrinks are taken away at once.
 */
import { closeSync, openSync } from 'node:fs';
import { loadAddon } from '../../src/native/load';
import { loadEngineAddon } from '../../src/native/load-engine';
import { HAS_KERNELS } from '../support/engines';
import { testWhere } from '../support/skip';
import { tinyEngine, tinyImages } from '../support/tiny-network.cjs';

// biome-ignore lint/suspicious/noExplicitAny: options are taken apart and put together again
type Any = any;

const addon = loadAddon();
const NORMALIZATION = { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
const SIDE = 64;
/** Two images: BatchNorm in training mode wants more than one value of a channel. */
const images = () => new Uint8Array(2 * SIDE * SIDE * 3);
const BATCH = () => ({ ...NORMALIZATION, images: images(), shape: [2, SIDE, SIDE, 3], id: 0 });

const classifier = () =>
  new addon.Classifier({
    model: {
      architecture: 'googlenet',
      variant: 'torchvision',
      numClasses: 10,
      auxLogits: false,
      dropout: 0,
      dropoutAux: 0,
      transformInput: false,
    },
    channelsLast: false,
    device: 'cpu',
    seed: 0n,
  });

/** The same bytes in memory that can shrink. */
function resizable(array: Any): Any {
  const options = { maxByteLength: Math.max(array.byteLength, 1) } as Any;
  const buffer = new (ArrayBuffer as Any)(array.byteLength, options);
  new Uint8Array(buffer).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return new array.constructor(buffer);
}

/** Paths to every value that is no object, and to every array of numbers of one type. */
function pathsOf(value: Any, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || 'forward' in value)
    return [path];
  return Object.keys(value).flatMap((key) => pathsOf(value[key], [...path, key]));
}

/** A copy whose typed arrays all shrink to nothing when the value at the path is read. */
function trapped(options: Any, [...path]: string[]): Any {
  const arrays: Any[] = [];
  const copy = (value: Any, rest: string[] | null): Any => {
    if (ArrayBuffer.isView(value)) {
      arrays.push(resizable(value));
      return arrays.at(-1);
    }
    if (typeof value !== 'object' || value === null || 'forward' in value) return value;
    const result: Any = Array.isArray(value) ? [] : {};
    for (const key of Object.keys(value)) {
      const inner = copy(value[key], rest?.[0] === key ? rest.slice(1) : null);
      const isEnd = rest?.length === 1 && rest[0] === key;
      const get = () => {
        for (const { buffer } of arrays) buffer.resize(0);
        return inner;
      };
      Object.defineProperty(
        result,
        key,
        isEnd ? { get, enumerable: true } : { value: inner, enumerable: true },
      );
    }
    return result;
  };
  return copy(options, path);
}

async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: unknown }).code ?? (error as Error).name;
  }
  return 'no error';
}

const model = classifier();
const trainerOptions = () => ({
  ...{
    model,
    frozen: [],
    head: [],
    momentum: 0,
    dampening: 0,
    weightDecay: 0,
    nesterov: false,
    fused: false,
  },
  ...{ auxWeight: 0.3, labelSmoothing: 0, classWeights: new Float32Array(10), maxGradNorm: null },
  ...{ emaDecay: null, precision: 'float32' },
});
const trainer = () => new addon.Trainer({ ...trainerOptions(), classWeights: null } as Any);
const bias = { name: 'fc.bias', dtype: 'F32', shape: [10], offset: 0, bytes: 40 };
const image = () => ({ data: new Uint8Array(12), height: 2, width: 2 });
const labels = () => new Int32Array(2);
const square = { top: 0, left: 0, size: 4, flipped: false };
const file = openSync(__filename, 'r');

beforeAll(() => model.initialize({ method: 'default' }));
afterAll(() => {
  model.dispose();
  closeSync(file);
});

const inception = () => {
  const channels = {
    inChannels: 4,
    ch1x1: 1,
    ch3x3Reduce: 1,
    ch3x3: 1,
    ch5x5Reduce: 1,
    ch5x5: 1,
    poolProj: 1,
  };
  return new addon.InceptionModule({ naive: false, ...channels, device: 'cpu', seed: 0n });
};
const onLibtorch = async () => {
  const engine = new addon.LibtorchEngine(tinyEngine());
  await engine.ready();
  return engine;
};
const own = async () => {
  const engine = new (loadEngineAddon().Engine)(tinyEngine());
  await engine.ready();
  return engine;
};

const CALLS: [string, () => Any, (options: Any) => unknown][] = [
  ['forward', () => ({ ...BATCH(), evaluation: true }), (options) => model.forward(options)],
  ['features', () => ({ ...BATCH(), names: ['conv1'] }), (options) => model.features(options)],
  [
    'gradCam',
    () => ({ ...BATCH(), labels: labels(), name: 'inception5b' }),
    (options) => model.gradCam(options),
  ],
  [
    'freeze',
    () => ({ precision: 'int8', allHeads: false, amax: new Float32Array(200) }),
    (o) => model.lower(o),
  ],
  ['snapshot', () => ({ buffer: new Uint8Array(40), spans: [bias] }), (options) => model.snapshot(options)],
  [
    'restore',
    () => ({
      parts: [
        { source: { buffer: new Uint8Array(40) }, spans: [bias] },
        { source: { buffer: new Uint8Array(40) }, spans: [bias] },
      ],
    }),
    (options) => model.restore(options),
  ],
  ['a Trainer', trainerOptions, (options) => new addon.Trainer(options)],
  [
    'step',
    () => ({ ...BATCH(), labels: labels(), lr: 0, headLr: 0, microBatches: 1 }),
    (o) => trainer().step(o),
  ],
  ['evaluate', () => ({ ...BATCH(), labels: labels(), ema: false }), (o) => trainer().evaluate(o)],
  [
    'resume',
    () => ({
      ...{ source: { fd: file, path: 'a file' }, weights: [], momentum: [], hasMomentum: false },
      ...{ ema: [], hasEma: false, generator: new Uint8Array(5056) },
    }),
    (options) => trainer().resume(options),
  ],
  [
    'an inception module',
    () => ({ input: new Float32Array(4 * 64), shape: [1, 4, 8, 8], id: 0 }),
    (options) => inception().forward(options),
  ],
  [
    'resizeCrop',
    () => ({ images: [image(), image()], resize: 8, crop: 8, output: new Uint8Array(2 * 192) }),
    (options) => addon.resizeCrop(options),
  ],
  [
    'multiCrop',
    () => ({
      images: [image()],
      height: 8,
      width: 8,
      squares: [square],
      crop: 4,
      output: new Uint8Array(48),
    }),
    (options) => addon.multiCrop(options),
  ],
  ['an engine on libtorch', () => tinyEngine(), async (options) => new addon.LibtorchEngine(options).ready()],
  ['its forward', () => tinyImages(), async (options) => (await onLibtorch()).forward(options)],
  ['its calibrate', () => tinyImages(), async (options) => (await onLibtorch()).calibrate(options)],
];
const OWN_CALLS: typeof CALLS = [
  ['an engine', () => tinyEngine(), async (options) => new (loadEngineAddon().Engine)(options).ready()],
  ['its forward', () => tinyImages(), async (options) => (await own()).forward(options)],
];

/** Some calls do not read every option, and some read one when they have copied the array. */
async function shrinkEverywhere(options: () => Any, call: (options: Any) => unknown) {
  const codes = new Set<unknown>();
  for (const path of pathsOf(options())) {
    const code = await codeOf(() => call(trapped(options(), path)));
    expect([path.join('.'), code]).toEqual([
      path.join('.'),
      expect.stringMatching(/^(INVALID_\w+|UNSUPPORTED|no error)$/),
    ]);
    codes.add(code);
  }
  expect([...codes].join()).toMatch(/INVALID/);
}

test.each(CALLS)(
  '%s reads the caller’s objects before it looks where arrays lie',
  async (_, options, call) => {
    await shrinkEverywhere(options, call);
  },
);

for (const [name, options, call] of OWN_CALLS)
  testWhere(HAS_KERNELS, 'this machine has no kernels of ours')(
    `${name} of our own reads them before too`,
    () => shrinkEverywhere(options, call),
  );
