import { existsSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import {
  batches,
  decodeImage,
  ERROR_CODES,
  type ErrorCode,
  epochIndices,
  GoogLeNet,
  type GoogLeNetError,
  type GoogLeNetOptions,
  ImageFolder,
  type Images,
  InceptionModule,
  libtorch,
  loadImages,
  preprocess,
  readCheckpoint,
  Trainer,
  topK,
} from '../../src/index';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const images = (n: number): Images => ({
  data: new Uint8Array(n * 224 * 224 * 3),
  shape: [n, 224, 224, 3],
});

let model: GoogLeNet;
let trainer: Trainer;

beforeAll(() => {
  model = new GoogLeNet({ numClasses: 10, seed: 0 });
  trainer = new Trainer(model);
});

afterAll(() => model.dispose());

async function failure(call: () => unknown): Promise<GoogLeNetError> {
  try {
    await call();
  } catch (error) {
    return error as GoogLeNetError;
  }
  throw new Error('The call did not fail.');
}

/** Wrong on purpose: what JavaScript callers can write and TypeScript would not allow. */
const wrong = <T>(value: unknown) => value as T;

const CASES: [string, ErrorCode, () => unknown][] = [
  [
    'a shape the classifier cannot take',
    'INVALID_SHAPE',
    () => model.forward({ data: new Uint8Array(300 * 300 * 3), shape: [1, 300, 300, 3] }),
  ],
  [
    'an array shorter than its shape',
    'INVALID_SHAPE',
    () => model.forward({ data: new Float32Array(7), shape: [1, 3, 224, 224] }),
  ],
  [
    'channels in the wrong place',
    'INVALID_SHAPE',
    () => model.forward({ data: new Float32Array(224 * 224 * 3), shape: [1, 224, 224, 3] }),
  ],
  [
    'an empty batch',
    'INVALID_SHAPE',
    () => model.forward({ data: new Uint8Array(0), shape: [0, 224, 224, 3] }),
  ],
  [
    'an array of doubles',
    'INVALID_DTYPE',
    () => model.forward(wrong({ data: new Float64Array(150528), shape: [1, 3, 224, 224] })),
  ],
  ['a plain array', 'INVALID_DTYPE', () => model.forward(wrong({ data: [1, 2], shape: [1, 3, 224, 224] }))],
  ['no input', 'INVALID_ARGUMENT', () => model.forward(wrong(undefined))],
  ['an unknown option', 'INVALID_ARGUMENT', () => new GoogLeNet(wrong<GoogLeNetOptions>({ numClases: 10 }))],
  ['too many classes', 'INVALID_ARGUMENT', () => new GoogLeNet({ numClasses: 1e9 })],
  ['a dropout above 1', 'INVALID_ARGUMENT', () => new GoogLeNet({ dropout: 1.5 })],
  ['a negative seed', 'INVALID_ARGUMENT', () => new GoogLeNet({ seed: -1 })],
  ['names for other classes', 'INVALID_ARGUMENT', () => new GoogLeNet({ numClasses: 3, classes: ['cat'] })],
  ['an unknown device', 'INVALID_ARGUMENT', () => new GoogLeNet({ device: wrong('gpu') })],
  ['a NaN learning rate', 'INVALID_ARGUMENT', () => new Trainer(model, { optimizer: { lr: Number.NaN } })],
  [
    'a learning rate beyond 32 bits',
    'INVALID_ARGUMENT',
    () => new Trainer(model, { optimizer: { lr: 1e39 } }),
  ],
  [
    'nesterov without momentum',
    'INVALID_ARGUMENT',
    () => new Trainer(model, { optimizer: { momentum: 0, nesterov: true } }),
  ],
  ['a trainer of something else', 'INVALID_ARGUMENT', () => new Trainer(wrong({}))],
  ['gradients before the first step', 'INVALID_ARGUMENT', () => trainer.gradients()],
  ['a label outside the classes', 'INVALID_LABEL', () => trainer.step(images(1), [10])],
  ['a negative label', 'INVALID_LABEL', () => trainer.step(images(1), [-1])],
  ['fewer labels than images', 'INVALID_SHAPE', () => trainer.step(images(2), [0])],
  ['a missing weights file', 'FILE_NOT_FOUND', () => GoogLeNet.load(folder('none.safetensors'))],
  ['a folder as weights file', 'FILE_ERROR', () => GoogLeNet.load(tmpdir())],
  ['a truncated weights file', 'INVALID_WEIGHTS', loadTruncated],
  ['a pickle that calls a function', 'UNSAFE_PICKLE', loadUnsafePickle],
  ['weights of something else', 'WEIGHTS_MISMATCH', loadOther],
  ['a state dict that is transferred while it is read', 'INVALID_ARGUMENT', loadTransferred],
  ['a state dict that lacks tensors', 'WEIGHTS_MISMATCH', () => model.loadStateDict({})],
  ['saving into a missing folder', 'FILE_NOT_FOUND', () => model.save(folder('none', 'model.safetensors'))],
  ['saving over a folder', 'FILE_ERROR', () => model.save(tmpdir())],
  ['weights as checkpoint', 'INVALID_CHECKPOINT', resumeWeights],
  ['one path where a list belongs', 'INVALID_ARGUMENT', () => loadImages(wrong('a.png'))],
  ['no logits to sort', 'INVALID_DTYPE', () => topK(wrong(null), 5)],
  ['an image that shrinks while it is read', 'INVALID_ARGUMENT', () => preprocessWhile(shrink)],
  ['an image that is transferred while it is read', 'INVALID_ARGUMENT', () => preprocessWhile(transfer)],
  ['an image that is none', 'INVALID_IMAGE', () => decodeImage(new Uint8Array(100))],
  ['a data folder without classes', 'INVALID_DATASET', () => ImageFolder.open(folder())],
  ['an aborted loader', 'ABORTED', loadAborted],
  ['a loss that is no number', 'DIVERGED', diverge],
  ['a disposed model', 'DISPOSED', () => disposed().forward(images(1))],
  ['a trainer whose model is disposed', 'DISPOSED', () => new Trainer(disposed())],
  ['more memory than there is', 'OUT_OF_MEMORY', hugeModule],
];

async function loadTruncated() {
  await model.save(folder('model.safetensors'));
  await truncate(folder('model.safetensors'), 1_000_000);
  return GoogLeNet.load(folder('model.safetensors'));
}

/** A state_dict of before PyTorch 1.6, with a call of os.system in its place. */
async function loadUnsafePickle() {
  const head = Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de9032e80027d2e', 'hex');
  const call = Buffer.from('\x80\x02cos\nsystem\nU\x04true\x85R.', 'latin1');
  await writeFile(folder('unsafe.pth'), Buffer.concat([head, call]));
  return GoogLeNet.load(folder('unsafe.pth'));
}

async function loadOther() {
  const other = new InceptionModule({
    inChannels: 4,
    ch1x1: 1,
    ch3x3Reduce: 1,
    ch3x3: 1,
    ch5x5Reduce: 1,
    ch5x5: 1,
    poolProj: 1,
  });
  return model.loadStateDict(await other.stateDict());
}

/** All tensors of a state dict share one buffer. */
async function loadTransferred() {
  const state = await model.stateDict();
  const pending = model.loadStateDict(state);
  const buffer = state['fc.weight']?.data.buffer as ArrayBuffer;
  structuredClone(buffer, { transfer: [buffer] });
  return pending;
}

async function resumeWeights() {
  await model.save(folder('model.safetensors'));
  return readCheckpoint(folder('model.safetensors'));
}

async function loadAborted() {
  const dataset = {
    length: 1,
    classes: ['a'],
    label: () => 0,
    image: async () => ({ data: new Uint8Array(12), height: 2, width: 2 }),
  };
  const indices = epochIndices(1, { seed: 0, epoch: 0, shuffle: false });
  const signal = AbortSignal.abort();
  for await (const _ of batches(dataset, { indices, batchSize: 1, resize: 8, crop: 8, signal }));
}

async function diverge() {
  const dataset = {
    length: 4,
    classes: ['a', 'b'],
    label: () => 1,
    image: async () => ({ data: new Uint8Array(12), height: 2, width: 2 }),
  };
  const wild = new Trainer(new GoogLeNet({ numClasses: 2, seed: 0 }), { optimizer: { lr: 1e30 } });
  for await (const _ of wild.fit(dataset, { epochs: 4, batchSize: 2 }));
}

type Bytes = Uint8Array<ArrayBuffer>;
const shrink = ({ buffer }: Bytes) => (buffer as ArrayBuffer & { resize(bytes: number): void }).resize(0);
const transfer = ({ buffer }: Bytes) => structuredClone(buffer, { transfer: [buffer] });

/** Big enough that reading it takes several turns of the event loop. */
function preprocessWhile(change: (data: Bytes) => unknown) {
  const bytes = 4000 * 4000 * 3;
  const memory = new (ArrayBuffer as new (bytes: number, options: object) => ArrayBuffer)(bytes, {
    maxByteLength: bytes,
  });
  const data = new Uint8Array(memory);
  const pending = preprocess([{ data, height: 4000, width: 4000 }]);
  setImmediate(() => change(data));
  return pending;
}

function disposed(): GoogLeNet {
  const one = new GoogLeNet({ numClasses: 2 });
  one.dispose();
  return one;
}

function hugeModule() {
  const n = 65_536;
  return new InceptionModule({
    inChannels: n,
    ch1x1: n,
    ch3x3Reduce: n,
    ch3x3: n,
    ch5x5Reduce: n,
    ch5x5: n,
    poolProj: n,
  });
}

test.each(CASES)('%s fails with %s', async (_, code, call) => {
  const error = await failure(call);
  expect(error).toMatchObject({ name: 'GoogLeNetError', code });
  expect(error).toBeInstanceOf(Error);
  expect(error.message).toMatch(/^[^\n]{10,}[.)]$/);
});

test('CUDA that is not there fails with CUDA_UNAVAILABLE and says why', async () => {
  const { cuda } = libtorch();
  if (cuda.available) return expect(cuda.reason).toBe('');
  const error = await failure(() => new GoogLeNet({ device: 'cuda' }));
  expect(error.code).toBe('CUDA_UNAVAILABLE');
  expect(error.message).toContain(cuda.reason);
  expect(cuda.reason).toMatch(/built without CUDA|driver|device/);
  // The CUDA build is gigabytes: it is no advice for a machine without a device.
  if (!existsSync('/proc/driver/nvidia/version')) expect(cuda.reason).not.toContain('--cuda');
});

test('device auto without CUDA is the CPU', () => {
  using one = new GoogLeNet({ numClasses: 2, device: 'auto' });
  expect(one.device).toBe(libtorch().cuda.available ? 'cuda:0' : 'cpu');
});

test('an error that was born on the compute thread has the stack of the call', async () => {
  const error = await failure(() => trainer.gradients());
  expect(error.stack).toContain('errors.test.ts');
});

test('the model works on after all these errors', async () => {
  const [main] = await model.eval().forward(images(1));
  expect(main.data.every(Number.isFinite)).toBe(true);
});

test('every error code is reached by a test', () => {
  // Reached by the tests of the setup, of loading the addon, of the run log, of the dashboard and of downloads.
  const elsewhere: ErrorCode[] = [
    'ADDON_NOT_BUILT',
    'ADDON_LOAD_FAILED',
    'LIBTORCH_NOT_FOUND',
    'LIBTORCH_UNSUPPORTED',
    'TOOL_MISSING',
    'SETUP_FAILED',
    'INVALID_RUN_LOG',
    'ADDRESS_IN_USE',
    'DOWNLOAD_FAILED',
    'CUDA_UNAVAILABLE',
    // Reached in device.long.test.ts.
    'DEVICE_LOST',
    // Reached in guards.test.ts, by going around TypeScript.
    'LIBTORCH_ERROR',
    // Reached in engine.test.ts.
    'UNSUPPORTED',
    // Reached in queue.test.ts.
    'OVERLOADED',
    // Reached in fit-loggers.test.ts.
    'LOGGER_FAILED',
  ];
  const reached = new Set([...CASES.map(([, code]) => code), ...elsewhere]);
  expect([...reached].sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

test('a truncated file is not a saved one: saving again over it repairs it', async () => {
  await writeFile(folder('model.safetensors'), 'rubbish');
  await model.save(folder('model.safetensors'));
  using again = await GoogLeNet.load(folder('model.safetensors'));
  expect(again.parameters).toBe(model.parameters);
});
