// node scripts/runs/two-classes.mjs: tells two kinds of clothes apart. Batches of 32, 20 epochs, auxiliary losses weighted by 0.3, on
// 100 bundled pictures of each class; the curves of loss and accuracy are pictures in the folder of the run.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, root } from '../bootstrap.mjs';
import { googlenetJson, trainOrResume } from '../command.mjs';

const HELP = `node scripts/runs/two-classes.mjs [options]

Sets up what is missing, trains on two classes of the bundled pictures, and prints the accuracy on their test pictures.

  --classes A,B   folders of scripts/sample/fashion-mnist (default 5-sandal,7-sneaker)
  --out DIR       folder of the run (default runs/two-classes); an interrupted run goes on
`;

const { values: flags } = parseArgs({
  options: {
    classes: { type: 'string', default: '5-sandal,7-sneaker' },
    out: { type: 'string', default: 'runs/two-classes' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}
await bootstrap();

/** A folder that has two of the sample's classes, as links to them. */
function linkClasses(names) {
  const data = join(root, flags.out, 'data');
  rmSync(data, { recursive: true, force: true });
  for (const part of ['train', 'test']) {
    mkdirSync(join(data, part), { recursive: true });
    for (const name of names) {
      symlinkSync(join(root, 'scripts/sample/fashion-mnist', part, name), join(data, part, name));
    }
  }
  return join(flags.out, 'data');
}

const data = linkClasses(flags.classes.split(','));
const recipe = '--batch-size 32 --epochs 20 --aux-weight 0.3 --lr 0.005 --clip-norm 2 --seed 0'.split(' ');
await trainOrResume(flags.out, ['--data', data, ...recipe]);
const weights = join(flags.out, 'model.safetensors');
const { top1, loss, pictures } = await googlenetJson('evaluate', weights, join(data, 'test'), '--json');
console.log(`Test accuracy ${top1}, loss ${loss.toFixed(4)}, on ${pictures} pictures.
Look at ${join(flags.out, 'loss.png')}, ${join(flags.out, 'accuracy.png')} and ${join(flags.out, 'report.html')}.`);
