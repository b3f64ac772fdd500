import { Parity } from './harness.js';
import { compareRuns, sgd } from './runs.js';

const parity = Parity.use();

test('20 steps with learning-rate decay end at PyTorch’s weights, bit for bit', async () => {
  // Ten epochs, so the rate falls four times.
  await compareRuns(parity, '20 steps with decay', { ...sgd, steps: 20, stepsPerEpoch: 2 });
});

test('Nesterov momentum is PyTorch’s', async () => {
  await compareRuns(parity, 'Nesterov', {
    ...sgd,
    batch: 2,
    optimizer: { ...sgd.optimizer, nesterov: true },
  });
});

test('dampening is PyTorch’s, and another auxiliary weight is honoured', async () => {
  const optimizer = { ...sgd.optimizer, dampening: 0.3 };
  await compareRuns(parity, 'dampening', { ...sgd, batch: 2, optimizer, auxWeight: 0.5 });
});

test('channelsLast trains as PyTorch does in that memory format', async () => {
  await compareRuns(parity, 'channelsLast', {
    ...sgd,
    batch: 2,
    model: { ...sgd.model, channelsLast: true },
  });
});

test('a model without auxiliary heads and without momentum trains as in PyTorch', async () => {
  const model = { numClasses: 1000, auxLogits: false };
  const optimizer = { lr: 0.05, momentum: 0, weightDecay: 0 };
  await compareRuns(parity, 'plain, no aux', { ...sgd, batch: 2, model, optimizer });
});

test('the fused optimizer is PyTorch’s fused one', async () => {
  await compareRuns(parity, 'fused SGD', { ...sgd, batch: 2, optimizer: { ...sgd.optimizer, fused: true } });
});

test.each([0.5, 0.7, 5])('gradients are clipped to %d as by clip_grad_norm_', async (maxGradNorm) => {
  await compareRuns(parity, `clipped to ${maxGradNorm}`, { ...sgd, batch: 2, maxGradNorm });
});

test('label smoothing and class weights are those of cross_entropy', async () => {
  const classWeights = [1, 2, 0.5, 0, 1, 3, 1, 0.25, 1, 1];
  await compareRuns(parity, 'smoothed, weighted classes', { ...sgd, labelSmoothing: 0.1, classWeights });
});

test.each([
  ['alike', {}],
  ['weighted', { classWeights: [1, 2, 0.5, 0.1, 1, 3, 1, 0.25, 1, 1] }],
])('a batch in parts adds gradients up as a loop of backward passes does, classes %s', async (how, more) => {
  await compareRuns(parity, `3 micro-batches, ${how}`, {
    ...sgd,
    batch: 5,
    gradientAccumulationSteps: 3,
    ...more,
  });
});

test.each([
  ['', {}],
  [', fused', { fused: true }],
])(
  'frozen layers and a learning rate of the classifiers are parameter groups of PyTorch%s',
  async (how, more) => {
    await compareRuns(parity, `fine-tuning${how}`, {
      ...sgd,
      batch: 2,
      optimizer: { ...sgd.optimizer, headLr: 0.1, ...more },
      freeze: ['partA', 'inception_3a', 'inception_4b'],
      maxGradNorm: 5,
    });
  },
);

test('EMA weights are those of swa_utils, and validation uses them', async () => {
  await compareRuns(parity, 'EMA weights', { ...sgd, batch: 2, emaDecay: 0.9 });
});

test('bfloat16 is PyTorch’s autocast, bit for bit', async () => {
  const model = { ...sgd.model, channelsLast: true };
  const optimizer = { ...sgd.optimizer, fused: true };
  await compareRuns(parity, 'bfloat16', {
    ...sgd,
    model,
    optimizer,
    precision: 'bfloat16',
    emaDecay: 0.5,
    maxGradNorm: 5,
  });
});
