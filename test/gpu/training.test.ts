import { type Device, GoogLeNet, libtorch, Trainer } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  CLOSE,
  CLOSE_GRADIENTS,
  CLOSE_LOSSES,
  describeOnCuda,
  distance,
  distanceOfStates,
  expectSameBits,
  MODEL,
  noise,
} from './cuda.js';

const folder = temporaryFolder();
/** Images of growing brightness: something that can be learnt. */
const LABELS = [0, 0, 1, 1, 2, 2, 3, 3];
const images = noise(LABELS.length);

const trainers: Trainer[] = [];
function trainerOn(device: Device, more = {}): Trainer {
  const model = new GoogLeNet({ ...MODEL, ...more, device });
  const trainer = new Trainer(model, { optimizer: { lr: 0.003 } });
  trainers.push(trainer);
  return trainer;
}
afterEach(() => {
  for (const trainer of trainers.splice(0)) {
    trainer.dispose();
    trainer.model.dispose();
  }
});

/** Losses of the steps, in order. */
async function train(trainer: Trainer, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push((await trainer.step(images, LABELS)).loss);
  return losses;
}

describeOnCuda('training on CUDA', () => {
  const withoutDropout = { dropout: 0, dropoutAux: 0 };

  test.each([{}, { channelsLast: true }])(
    'the first step has the losses and gradients of the CPU except for rounding: %j',
    async (options) => {
      const [cuda, cpu] = (['cuda', 'cpu'] as const).map((device) =>
        trainerOn(device, { ...withoutDropout, ...options }),
      ) as [Trainer, Trainer];
      const [a, b] = [await cuda.step(images, LABELS), await cpu.step(images, LABELS)];
      const losses = ({ loss, mainLoss, aux1Loss, aux2Loss }: typeof a) =>
        [loss, mainLoss, aux1Loss, aux2Loss].map(Number);
      expect(distance(losses(a), losses(b))).toBeLessThan(CLOSE);
      expect(distanceOfStates(await cuda.gradients(), await cpu.gradients())).toBeLessThan(CLOSE_GRADIENTS);
    },
  );

  test('twenty steps lower the loss', async () => {
    const losses = await train(trainerOn('cuda', withoutDropout), 20);
    expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] ?? 0));
  });

  test('a run resumes from its checkpoint as if it had not been interrupted, except for rounding', async () => {
    const whole = trainerOn('cuda');
    await train(whole, 3);
    await whole.saveCheckpoint(folder('run.safetensors'));
    const expected = await train(whole, 2);

    const resumed = trainerOn('cuda', { seed: 8 });
    await resumed.loadCheckpoint(folder('run.safetensors'));
    expect(distance(await train(resumed, 2), expected)).toBeLessThan(CLOSE_LOSSES);

    // Other dropout masks are further away than rounding: the test would see that the random state was lost.
    const reseeded = trainerOn('cuda', { seed: 8 });
    await reseeded.loadCheckpoint(folder('run.safetensors'));
    reseeded.model.manualSeed(99);
    expect(distance(await train(reseeded, 2), expected)).toBeGreaterThan(10 * CLOSE_LOSSES);
  });

  test('a checkpoint of CUDA resumes on the CPU, with the same weights and momentum', async () => {
    const cuda = trainerOn('cuda');
    await train(cuda, 2);
    await cuda.saveCheckpoint(folder('run.safetensors'));
    const cpu = trainerOn('cpu');
    await cpu.loadCheckpoint(folder('run.safetensors'));
    expectSameBits(await cpu.model.stateDict(), await cuda.model.stateDict());
    expectSameBits(await cpu.momentumBuffers(), await cuda.momentumBuffers());
    expect((await train(cpu, 1)).every(Number.isFinite)).toBe(true);
  });

  test('evaluate has the losses and counts of correct images of the CPU', async () => {
    const [a, b] = [
      await trainerOn('cuda').evaluate(images, LABELS),
      await trainerOn('cpu').evaluate(images, LABELS),
    ];
    expect(Math.abs(a.loss / b.loss - 1)).toBeLessThan(CLOSE);
    expect([a.correct, a.correctTop5]).toEqual([b.correct, b.correctTop5]);
  });

  const ampere = Number(libtorch().devices[0]?.computeCapability ?? 0) >= 8;
  test(`bfloat16 ${ampere ? 'trains' : 'is refused'} on a device of compute capability ${ampere ? '8.0 and newer' : 'before 8.0'}`, async () => {
    const model = new GoogLeNet({ ...MODEL, ...withoutDropout, device: 'cuda' });
    const make = () => new Trainer(model, { optimizer: { lr: 0.003 }, precision: 'bfloat16' });
    if (!ampere) {
      expect(make).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
      model.dispose();
      return;
    }
    const trainer = make();
    trainers.push(trainer);
    const losses = await train(trainer, 20);
    expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] ?? 0));
  });

  test('models train at the same time, and none disturbs another', async () => {
    const [alone] = await train(trainerOn('cuda', withoutDropout), 1);
    const together = [1, 2, 3].map(() => train(trainerOn('cuda', withoutDropout), 1));
    for (const losses of await Promise.all(together))
      expect(distance(losses, [alone ?? 0])).toBeLessThan(CLOSE);
  });
});
