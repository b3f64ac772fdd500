// node scripts/runs/fashion-mnist.mjs: trains the reference model at 224² on all 60,000 training images of Fashion-MNIST and prints the
// accuracy of its final weights on the 10,000 test images. The accuracy on the test images is also printed after each epoch;
// it decides neither the weights nor the length of the run.
import { join } from 'node:path';
import { bootstrap, root } from '../lib/bootstrap.mjs';
import { fromRoot, googlenetJson, trainOrResume } from '../lib/command.mjs';
import { readFlags } from '../lib/flags.mjs';
import { DEBIAN, requireData } from './fashion-mnist-data.mjs';

const HELP = `node scripts/runs/fashion-mnist.mjs [options]

Sets up what is missing, trains, and prints the accuracy on the test images. An interrupted run goes on.

  --data DIR     the four idx files, plain or .gz (default: ${DEBIAN},
                 from Debian's package dataset-fashion-mnist)
  --out DIR      folder of the run (default runs/fashion-mnist)
  --epochs N     length of the run, over which the learning rate falls to zero (default 10)
  --device D     cpu, cuda, cuda:N or auto (default auto)
`;

const flags = readFlags(HELP, {
  data: DEBIAN,
  out: join(root, 'runs/fashion-mnist'),
  epochs: '10',
  device: 'auto',
});
requireData(flags.data);
const images = fromRoot(flags.data);
const out = fromRoot(flags.out);
await bootstrap();

const data = ['--data', images, '--classes', 'fashion-mnist'];
const recipe =
  '--batch-size 16 --lr 0.01 --schedule cosine --warmup-steps 200 --weight-decay 5e-4 --augment plain --max-grad-norm 5';
const speed = '--precision bfloat16 --fused --every-n-train-steps 500';
const length = ['--epochs', flags.epochs, '--device', flags.device];
await trainOrResume(out, [...data, ...length, ...recipe.split(' '), ...speed.split(' ')]);
const weights = join(out, 'model.safetensors');
const evaluation = ['evaluate', weights, images, '--json', '--device', flags.device];
const { top1, loss, images: count } = await googlenetJson(...evaluation);
console.log(`Test accuracy ${top1}, loss ${loss.toFixed(4)}, on ${count} images.`);
