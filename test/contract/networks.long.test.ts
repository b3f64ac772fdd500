import { Trainer } from '../../src/index';
import { ARCHITECTURES, noise } from '../support/architectures';

test.each(ARCHITECTURES)('%s overfits two images', async (name, build) => {
  using model = build({ numClasses: 2, dropout: 0 });
  const lr = /reference|torchvision/.test(name) ? 0.01 : 0.03;
  using trainer = new Trainer(model, { optimizer: { lr, weightDecay: 0 }, maxGradNorm: 2 });
  const images = noise(2);
  images.data.fill(30, 0, 224 * 224 * 3);
  const losses: number[] = [];
  for (let step = 0; step < 20; step++)
    losses.push((await trainer.step(images, Int32Array.of(0, 1))).mainLoss);
  const mean = (part: number[]) => part.reduce((a, b) => a + b) / part.length;
  expect(mean(losses.slice(-4))).toBeLessThan(mean(losses.slice(0, 4)) * 0.7);
});
