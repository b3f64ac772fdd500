/** Paths that no file can have, and arrays whose memory was given away: typed errors at every entry, and nothing raw of Node's. */
import {
  ArrayDataset,
  convertWeights,
  decodeImage,
  Engine,
  explain,
  GoogLeNet,
  GoogLeNetError,
  IdxDataset,
  ImageFolder,
  InceptionModule,
  loadImages,
  loadModel,
  preprocess,
  readCheckpoint,
  Trainer,
  Xception,
} from '../../src/index';
import { errorWith } from '../support/errors';

const NUL = 'weights\0.safetensors';
const model = new GoogLeNet({ numClasses: 2, auxLogits: false, seed: 0 });
const trainer = new Trainer(model);
const pixels = () => ({ data: new Uint8Array(2 * 224 * 224 * 3), shape: [2, 224, 224, 3] });
const dataset = () => new ArrayDataset({ images: pixels(), labels: [0, 1], classes: ['a', 'b'] });
let engine: Engine;

beforeAll(async () => {
  engine = await model.optimize({ threads: 1 });
});
afterAll(() => {
  engine.dispose();
  trainer.dispose();
  model.dispose();
});

const fit = async (options: object) => {
  for await (const _ of trainer.fit(dataset(), { epochs: 1, batchSize: 2, ...options })) break;
};

test.each<[string, (path: string) => unknown]>([
  ['GoogLeNet.load', (path) => GoogLeNet.load(path)],
  ['Xception.load', (path) => Xception.load(path)],
  ['loadModel', (path) => loadModel(path)],
  ['GoogLeNet.pretrained', (path) => GoogLeNet.pretrained('imagenet1k-v1', { path })],
  ['model.save', (path) => model.save(path)],
  ['Engine.load', (path) => Engine.load(path)],
  ['engine.save', (path) => engine.save(path)],
  ['convertWeights from', (path) => convertWeights(path, 'x.pth')],
  ['convertWeights to', (path) => convertWeights('x.pth', path)],
  ['readCheckpoint', (path) => readCheckpoint(path)],
  ['trainer.saveCheckpoint', (path) => trainer.saveCheckpoint(path)],
  ['trainer.loadCheckpoint', (path) => trainer.loadCheckpoint(path)],
  ['trainer.saveWeights', (path) => trainer.saveWeights(path)],
  ['fit with checkpointDir', (checkpointDir) => fit({ checkpointDir })],
  ['fit with resume', (resume) => fit({ resume })],
  ['decodeImage', (path) => decodeImage(path)],
  ['loadImages', (path) => loadImages([path])],
  ['model.classify', (path) => model.classify(path)],
  ['engine.classify', (path) => engine.classify(path)],
  ['explain', (path) => explain(model, path)],
  ['ImageFolder.open', (path) => ImageFolder.open(path)],
  ['IdxDataset.open', (path) => IdxDataset.open(path, { split: 'train' })],
])('%s refuses a path with NUL', async (_, call) => {
  await expect((async () => call(NUL))()).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', '\\u0000'));
});

/** As `transfer` leaves arrays. */
function detached<T extends ArrayBufferView>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}
const bytes = () => detached(new Uint8Array(2 * 224 * 224 * 3));
const floats = () => detached(new Float32Array(2 * 3 * 224 * 224));
const SHAPE = [2, 224, 224, 3];
const CHANNELS = {
  ...{ inChannels: 3, ch1x1: 1, ch3x3Reduce: 1, ch3x3: 1 },
  ...{ ch5x5Reduce: 1, ch5x5: 1, poolProj: 1 },
};
const IMAGE = { height: 224, width: 224 };

test.each<[string, () => unknown]>([
  ['model.forward, bytes', () => model.forward({ data: bytes(), shape: SHAPE })],
  ['model.forward, floats', () => model.forward({ data: floats(), shape: [2, 3, 224, 224] })],
  ['model.features', () => model.features({ data: bytes(), shape: SHAPE }, ['fc'])],
  ['model.gradCam', () => model.gradCam({ data: bytes(), shape: SHAPE }, [0, 1])],
  ['model.classify, encoded', () => model.classify(bytes())],
  ['model.classify, pixels', () => model.classify({ ...IMAGE, data: bytes() })],
  ['engine.forward', () => engine.forward({ data: bytes(), shape: SHAPE })],
  ['engine.classify', () => engine.classify({ ...IMAGE, data: bytes() })],
  [
    'model.optimize',
    () => model.optimize({ precision: 'int8', calibration: { data: bytes(), shape: SHAPE } }),
  ],
  ['trainer.step', () => trainer.step({ data: bytes(), shape: SHAPE }, [0, 1])],
  ['trainer.step, labels', () => trainer.step(pixels(), detached(new Int32Array(2)))],
  ['trainer.evaluate', () => trainer.evaluate({ data: bytes(), shape: SHAPE }, [0, 1])],
  ['decodeImage', () => decodeImage(bytes())],
  ['loadImages', () => loadImages([bytes()])],
  ['preprocess', () => preprocess([{ ...IMAGE, data: bytes() }])],
  [
    'ArrayDataset, images',
    () => new ArrayDataset({ images: { data: bytes(), shape: SHAPE }, labels: [0, 1], classes: ['a', 'b'] }),
  ],
  [
    'ArrayDataset, labels',
    () => new ArrayDataset({ images: pixels(), labels: detached(new Uint8Array(2)), classes: ['a', 'b'] }),
  ],
  ['explain', () => explain(model, { ...IMAGE, data: bytes() })],
  [
    'loadStateDict',
    async () => {
      const state = await model.stateDict();
      for (const { data } of Object.values(state)) if (data.byteLength > 0) detached(data);
      return model.loadStateDict(state);
    },
  ],
  [
    'InceptionModule.forward',
    () => {
      using module = new InceptionModule(CHANNELS);
      return module.forward({ data: detached(new Float32Array(3 * 4 * 4)), shape: [1, 3, 4, 4] });
    },
  ],
])('%s refuses an array that was transferred', async (_, call) => {
  const error: unknown = await (async () => call())().then(
    () => 'it was taken',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GoogLeNetError);
});

test('a dataset whose array is transferred later refuses to read it', async () => {
  const images = pixels();
  const set = new ArrayDataset({ images, labels: [0, 1], classes: ['a', 'b'] });
  detached(images.data);
  await expect(set.image(0)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'transferred'));
});
