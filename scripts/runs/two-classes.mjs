// node scripts/runs/two-classes.mjs: classifies two kinds of clothes. Trains 20 epochs in batches of 32 on 100 bundled
// images of each class; the auxiliary losses have the weight 0.3. The curves are images in the folder of the run.
import { join } from 'node:path';
import { bootstrap, root } from '../lib/bootstrap.mjs';
import { fromRoot, googlenetJson, trainOrResume } from '../lib/command.mjs';
import { counts, readFlags } from '../lib/flags.mjs';
import { linkClasses, readClasses } from './sample-classes.mjs';

const HELP = `node scripts/runs/two-classes.mjs [options]

Sets up what is missing, trains on two classes of the bundled images, and prints the accuracy on their test images.

  --classes A,B   folders of scripts/sample/fashion-mnist (default 5-sandal,7-sneaker)
  --epochs N      length of the run (default 20)
  --out DIR       folder of the run (default runs/two-classes); an interrupted run goes on
`;

const flags = readFlags(HELP, {
  classes: '5-sandal,7-sneaker',
  epochs: '20',
  out: join(root, 'runs/two-classes'),
});
counts(flags, 'epochs');
const classes = readClasses(flags.classes);
const out = fromRoot(flags.out);
await bootstrap();

const data = linkClasses(out, classes);
const recipe = '--batch-size 32 --aux-weight 0.3 --lr 0.005 --max-grad-norm 2 --seed 0'.split(' ');
await trainOrResume(out, ['--data', data, '--epochs', flags.epochs, ...recipe]);
const weights = join(out, 'model.safetensors');
const { top1, loss, images } = await googlenetJson('evaluate', weights, join(data, 'test'), '--json');
console.log(`Test accuracy ${top1}, loss ${loss.toFixed(4)}, on ${images} images.
Look at ${join(out, 'loss.png')}, ${join(out, 'accuracy.png')} and ${join(out, 'report.html')}.`);
