// node scripts/runs/fashion-mnist-recipes.mjs: one short run for each of several batch sizes and learning rates on a part of
// the training images of Fashion-MNIST, validated on another part. The test images are not used.
import { createRequire } from 'node:module';
import { bootstrap } from '../lib/bootstrap.mjs';
import { counts, readFlags, refuse } from '../lib/flags.mjs';
import { DEBIAN, requireData } from './fashion-mnist-data.mjs';

const HELP = `node scripts/runs/fashion-mnist-recipes.mjs [options]

Sets up what is missing, trains one epoch with each recipe, and prints its top-1 on training images that were left out.

  --data DIR       the idx files (default: ${DEBIAN})
  --recipes LIST   batch size and learning rate of each (default 16:0.01,32:0.01,16:0.02,32:0.03)
  --images N     to train on (default 8000)
  --scored N       to score on (default 2500)
  --warmup N       steps of warm-up (default 50)
`;

const flags = readFlags(HELP, {
  data: DEBIAN,
  recipes: '16:0.01,32:0.01,16:0.02,32:0.03',
  images: '8000',
  scored: '2500',
  warmup: '50',
});
const [images, scored, warmupSteps] = counts(flags, 'images', 'scored', 'warmup');
const recipes = flags.recipes.split(',').map((text) => {
  const [batchSize, lr] = text.split(':').map(Number);
  if (!(Number.isInteger(batchSize) && batchSize > 0 && lr > 0))
    refuse(`--recipes: '${text}' is not N:RATE.`);
  return { batchSize, lr };
});
requireData(flags.data);
await bootstrap();

const { GoogLeNet, IdxDataset, split, Trainer } = createRequire(import.meta.url)('../..');
const all = await IdxDataset.open(flags.data, { split: 'train' });
const [validation, rest] = split(all, { fraction: scored / all.length, seed: 1 });
const [train] = split(rest, { fraction: images / rest.length, seed: 2 });

/** Top-1 after an epoch. */
async function score({ batchSize, lr }) {
  const numClasses = all.classes.length;
  const model = new GoogLeNet({ numClasses, initWeights: true, channelsLast: true, seed: 0 });
  const trainer = new Trainer(model, {
    optimizer: { lr, weightDecay: 5e-4, fused: true },
    schedule: { type: 'cosine', warmupSteps },
    maxGradNorm: 5,
    precision: 'bfloat16',
  });
  let top1;
  const loading = { batchSize, seed: 0, augment: 'plain' };
  for await (const event of trainer.fit(train, { epochs: 1, validation, ...loading })) {
    if (event.type === 'step' && event.step % 50 === 0)
      console.error(
        `batch size ${batchSize}, learning rate ${lr}, step ${event.step}: loss ${event.loss.toFixed(3)}`,
      );
    if (event.type === 'epoch') top1 = event.validation.top1;
  }
  model.dispose();
  return top1;
}

console.log(`${train.length} images to train on, ${validation.length} to score on`);
console.log('batch size  learning rate   top-1');
for (const recipe of recipes) {
  const top1 = await score(recipe);
  console.log(
    `${String(recipe.batchSize).padStart(10)}${String(recipe.lr).padStart(15)}${top1.toFixed(4).padStart(8)}`,
  );
}
