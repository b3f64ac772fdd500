import { GoogLeNet, Trainer } from '../../src/index.js';
import { float32, type NamedTensor, type NamedTensors, tensorNamed, under } from '../support/bits.js';
import { Parity } from './harness.js';
import { type ModelOptions, snakeCase } from './options.js';

const parity = Parity.use();

interface Run {
  model: ModelOptions;
  optimizer: { lr: number; momentum: number; weightDecay: number; nesterov?: boolean; dampening?: number };
  schedule: { stepSize: number; gamma: number };
  steps: number;
  stepsPerEpoch: number;
  batch: number;
  auxWeight: number;
}

interface Results {
  history: NamedTensors;
  gradients: NamedTensors;
  momentum: NamedTensors;
  state: NamedTensors;
}

const SEED = 51;
const TRAIN_SEED = 52;

const sgd: Run = {
  model: { numClasses: 10, auxLogits: true, initWeights: true },
  optimizer: { lr: 0.01, momentum: 0.9, weightDecay: 2e-4 },
  schedule: { stepSize: 2, gamma: 0.96 },
  steps: 5,
  stepsPerEpoch: 5,
  batch: 4,
  auxWeight: 0.3,
};

/** The `index`-th [batch, …] slice of a tensor of [steps, batch, …]. */
function slice<T extends Float32Array | Int32Array>(data: T, shape: readonly number[], index: number) {
  const sizes = shape.slice(1);
  const length = sizes.reduce((n, size) => n * size, 1);
  return { data: data.slice(index * length, (index + 1) * length) as T, shape: sizes };
}

async function runOurs(run: Run, images: NamedTensor, labels: NamedTensor): Promise<Results> {
  const model = parity.own(new GoogLeNet({ ...run.model, seed: SEED, device: 'cpu' }));
  const { optimizer, schedule, auxWeight } = run;
  const trainer = parity.own(new Trainer(model, { optimizer, schedule, auxWeight }));
  model.manualSeed(TRAIN_SEED);
  const losses = new Float32Array(run.steps * 4);
  const lr = new Float64Array(run.steps);
  const correct = new Int32Array(run.steps * 2);
  for (let step = 0; step < run.steps; step++) {
    const at = step % run.stepsPerEpoch;
    trainer.epoch = Math.floor(step / run.stepsPerEpoch);
    const result = await trainer.step(
      slice(images.data as Float32Array, images.shape, at),
      slice(labels.data as Int32Array, labels.shape, at).data,
    );
    const each = [result.loss, result.mainLoss, result.aux1Loss, result.aux2Loss];
    losses.set(
      each.map((loss) => loss ?? Number.NaN),
      step * 4,
    );
    lr[step] = result.lr;
    correct.set([result.correct, result.correctTop5], step * 2);
  }
  const [gradients, momentum, state] = [
    await trainer.gradients(),
    await trainer.momentumBuffers(),
    await model.stateDict(),
  ];
  const history = {
    losses: { data: losses, shape: [run.steps, 4] },
    lr: { data: lr, shape: [run.steps] },
    correct: { data: correct, shape: [run.steps, 2] },
  };
  return { history, gradients, momentum, state };
}

async function compareRuns(name: string, run: Run): Promise<void> {
  const { model, ...rest } = run;
  const { tensors } = await parity.ask('train', {
    ...snakeCase(rest),
    options: snakeCase(model),
    seed: SEED,
    train_seed: TRAIN_SEED,
    input_seed: 53,
  });
  const ours = await runOurs(run, float32('images', tensors), tensorNamed('labels', tensors));
  const { losses, lr, correct } = ours.history;
  const theirs = (key: string): NamedTensors => ({ [key]: tensorNamed(key, tensors) });
  const checks: [string, NamedTensors, NamedTensors][] = [
    ['losses', { losses } as NamedTensors, theirs('losses')],
    ['learning rates', { lr } as NamedTensors, theirs('lr')],
    ['correct answers, top 1 and top 5', { correct } as NamedTensors, theirs('correct')],
    ['gradients of the last step', ours.gradients, under('gradient', tensors)],
    ['momentum buffers', ours.momentum, under('momentum', tensors)],
    ['weights and buffers', ours.state, under('state', tensors)],
  ];
  parity.expectAllBitEqual(`training, ${name}`, checks);
}

test('one step has PyTorch’s losses, gradient of every parameter, BatchNorm buffers and new weights', async () => {
  await compareRuns('1 step', { ...sgd, steps: 1 });
});

test('50 steps with learning-rate decay end at PyTorch’s weights, bit for bit', async () => {
  await compareRuns('50 steps with decay', { ...sgd, steps: 50 });
});

test('Nesterov momentum is PyTorch’s', async () => {
  await compareRuns('Nesterov', { ...sgd, batch: 2, optimizer: { ...sgd.optimizer, nesterov: true } });
});

test('dampening is PyTorch’s, and another auxiliary weight is honoured', async () => {
  const optimizer = { ...sgd.optimizer, dampening: 0.3 };
  await compareRuns('dampening', { ...sgd, batch: 2, optimizer, auxWeight: 0.5 });
});

test('channelsLast trains as PyTorch does in that memory format', async () => {
  await compareRuns('channelsLast', { ...sgd, batch: 2, model: { ...sgd.model, channelsLast: true } });
});

test('a model without auxiliary heads and without momentum trains as in PyTorch', async () => {
  const model = { numClasses: 1000, auxLogits: false };
  const optimizer = { lr: 0.05, momentum: 0, weightDecay: 0 };
  await compareRuns('plain, no aux', { ...sgd, batch: 2, model, optimizer });
});
