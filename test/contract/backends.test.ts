/** Switches of the libraries under libtorch. What they do on a GPU is tested on one (test/gpu). */
import { backends, GoogLeNet, prepareDevice, useDeterministicAlgorithms } from '../../src/index.js';
import { loadAddon } from '../../src/native/load.js';
import { errorWith } from '../support/errors.js';

const { cudnn, cuda } = backends;
const read = () => [cudnn.benchmark, cudnn.deterministic, cudnn.allowTf32, cuda.matmul.allowTf32];

afterEach(() => {
  cudnn.benchmark = false;
  cudnn.deterministic = false;
  cudnn.allowTf32 = true;
  cuda.matmul.allowTf32 = false;
  useDeterministicAlgorithms(false);
});

test('the switches begin with the defaults of PyTorch, and are what they were set to', () => {
  expect(read()).toEqual([false, false, true, false]);
  cudnn.benchmark = true;
  cudnn.allowTf32 = false;
  expect(read()).toEqual([true, false, false, false]);
  cudnn.deterministic = true;
  cuda.matmul.allowTf32 = true;
  expect(read()).toEqual([true, true, false, true]);
});

test('deterministic algorithms are asked for with or without warnings, and cuBLAS is told', () => {
  delete process.env.CUBLAS_WORKSPACE_CONFIG;
  useDeterministicAlgorithms(true, { warnOnly: true });
  expect(loadAddon().backends()).toMatchObject({
    deterministicAlgorithms: true,
    deterministicWarnOnly: true,
  });
  expect(process.env.CUBLAS_WORKSPACE_CONFIG).toBe(':4096:8');
  useDeterministicAlgorithms(true);
  expect(loadAddon().backends()).toMatchObject({
    deterministicAlgorithms: true,
    deterministicWarnOnly: false,
  });
});

test('they change no bit on the CPU', async () => {
  using model = new GoogLeNet({ variant: 'torchvision', numClasses: 10, initWeights: true, seed: 3 }).eval();
  const images = {
    data: Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i)),
    shape: [1, 3, 32, 32],
  };
  const before = await model.forward(images);
  cudnn.benchmark = true;
  cudnn.allowTf32 = false;
  cuda.matmul.allowTf32 = true;
  cudnn.deterministic = true;
  useDeterministicAlgorithms(true);
  expect(await model.forward(images)).toEqual(before);
});

test.each([
  ['backends.cudnn.benchmark', () => Object.assign(cudnn, { benchmark: 1 })],
  ['backends.cuda.matmul.allowTf32', () => Object.assign(cuda.matmul, { allowTf32: 'high' })],
  ['mode', () => useDeterministicAlgorithms('warn' as never)],
  ['warnOnly', () => useDeterministicAlgorithms(true, { warnOnly: 1 as never })],
])('%s takes true and false only', (name, set) => {
  expect(set).toThrow(expect.objectContaining(errorWith('INVALID_ARGUMENT', name)));
});

test('a device is prepared, or refused with the reason', async () => {
  expect(await prepareDevice('cpu')).toBe('cpu');
  await expect(prepareDevice('gpu' as never)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', 'device'));
  const { available, reason } = loadAddon().cuda();
  if (available) expect(await prepareDevice('cuda')).toBe('cuda:0');
  else await expect(prepareDevice('cuda')).rejects.toMatchObject(errorWith('CUDA_UNAVAILABLE', reason));
});

test('names of devices are checked below TypeScript too', () => {
  const resolve = (device: string) => () => loadAddon().resolveDevice({ device });
  // Beyond all integers; and only tests bring a device of the other kind.
  expect(resolve('cuda:99999999999999999999')).toThrow(expect.objectContaining({ code: 'CUDA_UNAVAILABLE' }));
  for (const name of ['gpu', 'cuda:', 'cuda:x', 'cuda:1x', 'cuda:-1', 'privateuseone:0']) {
    expect(resolve(name)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
});
