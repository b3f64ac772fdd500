import type {
  EngineAddon,
  NativeAddon,
  NativeClassifier,
  NativeEngine,
  NativeInceptionModule,
  NativeTrainer,
} from '../../src/native/binding-types';
import { loadAddon } from '../../src/native/load';
import { loadEngineAddon } from '../../src/native/load-engine';

/** The compiler refuses these lists when they miss a name of the contract or have one too many. */
type Names<T> = Record<keyof T, true>;

const ADDON: Names<NativeAddon> = {
  libtorch: true,
  cuda: true,
  shutDown: true,
  setNumThreads: true,
  limitDefaultThreads: true,
  numThreads: true,
  resolveDevice: true,
  prepareDevice: true,
  backends: true,
  setBackends: true,
  Classifier: true,
  InceptionModule: true,
  LibtorchEngine: true,
  Trainer: true,
  multiCrop: true,
  resizeCrop: true,
};

const MODULE: Names<NativeInceptionModule> = {
  forward: true,
  parameterCount: true,
  tensors: true,
  snapshot: true,
  restore: true,
  setTraining: true,
  manualSeed: true,
  generatorState: true,
  initialize: true,
  cancel: true,
  dispose: true,
};

const CLASSIFIER: Names<NativeClassifier> = {
  ...MODULE,
  summary: true,
  features: true,
  gradCam: true,
  lower: true,
};

const TRAINER: Names<NativeTrainer> = {
  step: true,
  evaluate: true,
  tensors: true,
  snapshot: true,
  resume: true,
  hasMomentum: true,
  hasEma: true,
  snapshotEma: true,
  applyEma: true,
  isFinite: true,
  gradients: true,
  dispose: true,
};

const ENGINE_ADDON: Names<EngineAddon> = {
  instructionSets: true,
  setEnvironment: true,
  shutDown: true,
  Engine: true,
};

const ENGINE: Names<NativeEngine> = {
  ready: true,
  forward: true,
  cancel: true,
  describe: true,
  dispose: true,
};

const sorted = (names: Iterable<string>) => [...names].sort();
const methods = (type: { prototype: object }) =>
  sorted(Object.getOwnPropertyNames(type.prototype).filter((name) => name !== 'constructor'));

test('the addon exports what the contract lists, no more and no less', () => {
  expect(sorted(Object.keys(loadAddon()))).toEqual(sorted(Object.keys(ADDON)));
});

test('so does the addon of the engines', () => {
  expect(sorted(Object.keys(loadEngineAddon()))).toEqual(sorted(Object.keys(ENGINE_ADDON)));
});

test('an engine has the methods that the contract lists, with and without libtorch', () => {
  expect(methods(loadEngineAddon().Engine)).toEqual(
    sorted([...Object.keys(ENGINE), 'profile', 'workingBytes']),
  );
  expect(methods(loadAddon().LibtorchEngine)).toEqual(sorted([...Object.keys(ENGINE), 'calibrate']));
});

test.each([
  ['Classifier', CLASSIFIER],
  ['InceptionModule', MODULE],
  ['Trainer', TRAINER],
] as const)('%s has the methods that the contract lists', (name, expected) => {
  expect(methods(loadAddon()[name])).toEqual(sorted(Object.keys(expected)));
});
