import { Trainer, type TrainerOptions } from '../../src/index.js';
import { float32, type NamedTensor, type NamedTensors, tensorNamed, under } from '../support/bits.js';
import type { Parity } from './harness.js';
import { build, type ModelOptions, snakeCase } from './options.js';

export interface Run extends TrainerOptions {
  model: ModelOptions;
  steps: number;
  stepsPerEpoch: number;
  batch: number;
}

interface Results {
  history: NamedTensors;
  gradients: NamedTensors;
  momentum: NamedTensors;
  state: NamedTensors;
  ema: NamedTensors;
}

const SEED = 51;
const TRAIN_SEED = 52;

/** The usual run. */
export const sgd = {
  model: { numClasses: 10, auxLogits: true, initWeights: true },
  optimizer: { lr: 0.01, momentum: 0.9, weightDecay: 2e-4 },
  schedule: { stepSize: 2, gamma: 0.96 },
  // The first has no momentum yet, the second makes it, the third has some.
  steps: 3,
  stepsPerEpoch: 3,
  batch: 4,
  auxWeight: 0.3,
} satisfies Run;

/** The `index`-th [batch, …] slice of a tensor of [steps, batch, …]. */
function slice<T extends Float32Array | Int32Array>(data: T, shape: readonly number[], index: number) {
  const sizes = shape.slice(1);
  const length = sizes.reduce((n, size) => n * size, 1);
  return { data: data.slice(index * length, (index + 1) * length) as T, shape: sizes };
}

async function runOurs(parity: Parity, run: Run, images: NamedTensor, labels: NamedTensor): Promise<Results> {
  const { model: modelOptions, steps, stepsPerEpoch, batch: _, ...options } = run;
  const model = parity.own(build(modelOptions, SEED));
  const trainer = parity.own(new Trainer(model, options));
  model.manualSeed(TRAIN_SEED);
  const losses = new Float64Array(steps * 4);
  const lr = new Float64Array(steps);
  const correct = new Int32Array(steps * 4);
  const norms: number[] = [];
  for (let step = 0; step < steps; step++) {
    const at = step % stepsPerEpoch;
    trainer.epoch = Math.floor(step / stepsPerEpoch);
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
    const { correct: first, correctTop5, aux1Correct, aux2Correct } = result;
    correct.set([first, correctTop5, aux1Correct ?? 0, aux2Correct ?? 0], step * 4);
    if (result.gradNorm !== null) norms.push(result.gradNorm);
  }
  const history = {
    losses: { data: losses, shape: [steps, 4] },
    lr: { data: lr, shape: [steps] },
    correct: { data: correct, shape: [steps, 4] },
    norms: { data: Float32Array.from(norms), shape: [norms.length] },
  };
  return {
    history,
    gradients: await trainer.gradients(),
    momentum: await trainer.momentumBuffers(),
    state: await model.stateDict(),
    ema: await emaOf(trainer, images, labels),
  };
}

/** The EMA weights, and what the model says with them. */
async function emaOf(trainer: Trainer, images: NamedTensor, labels: NamedTensor): Promise<NamedTensors> {
  if (trainer.config.emaDecay === null) return {};
  const batch = slice(images.data as Float32Array, images.shape, 0);
  const answers = slice(labels.data as Int32Array, labels.shape, 0).data;
  const { predicted, probabilities, labelProbabilities } = await trainer.evaluate(batch, answers, {
    ema: true,
  });
  const shape = [answers.length];
  return {
    ...(await trainer.weights()),
    'evaluated.classes': { data: predicted, shape },
    'evaluated.best': { data: probabilities, shape },
    'evaluated.labels': { data: labelProbabilities, shape },
  };
}

/** The same steps on both sides: losses, gradients, momentum and weights. */
export async function compareRuns(parity: Parity, name: string, run: Run): Promise<void> {
  const { model, ...rest } = run;
  const { tensors } = await parity.ask('train', {
    ...snakeCase(rest),
    options: snakeCase(model),
    seed: SEED,
    train_seed: TRAIN_SEED,
    input_seed: 53,
  });
  const ours = await runOurs(parity, run, float32('images', tensors), tensorNamed('labels', tensors));
  const { losses, lr, correct, norms } = ours.history;
  const theirs = (key: string): NamedTensors => ({ [key]: tensorNamed(key, tensors) });
  const checks: [string, NamedTensors, NamedTensors][] = [
    ['losses', { losses } as NamedTensors, theirs('losses')],
    ['learning rates', { lr } as NamedTensors, theirs('lr')],
    ['correct answers of all heads, top 1 and top 5', { correct } as NamedTensors, theirs('correct')],
    ['gradients of the last step', ours.gradients, under('gradient', tensors)],
    ['momentum buffers', ours.momentum, under('momentum', tensors)],
    ['weights and buffers', ours.state, under('state', tensors)],
  ];
  if (run.maxGradNorm) checks.push(['gradient norms', { norms } as NamedTensors, theirs('norms')]);
  if (run.emaDecay) {
    const answers = ['classes', 'best', 'labels'].map((key) => `evaluated.${key}`);
    const evaluated = Object.assign({}, ...answers.map(theirs));
    checks.push(['EMA weights and their predictions', ours.ema, { ...under('ema', tensors), ...evaluated }]);
  }
  parity.expectAllBitEqual(`training, ${name}`, checks);
}
