// npm run demo [-- flags of `googlenet setup`]: sets everything up, trains GoogLeNet on the bundled images until it clearly learns,
// and uses the result. An interrupted demo is resumed; a new one gets its own folder.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, root } from './lib/bootstrap.mjs';
import { googlenet, googlenetJson, stateOf } from './lib/command.mjs';

const sample = 'scripts/sample/fashion-mnist';
const image = `${sample}/test/5-sandal/000.png`;
// The lower learning rate of the last epoch steadies the accuracy, which jumps from epoch to epoch before.
const recipe = ['--data', sample, ...'--epochs 5 --batch-size 16 --step-size 4 --gamma 0.2'.split(' ')];
/** Of ten classes; guessing gives 0.1. */
const wantedAccuracy = 0.5;

/** The newest of runs/demo, runs/demo-2, …, and whether it is complete. */
function newestRun() {
  const folder = join(root, 'runs');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const numbers = names.flatMap((name) => /^demo(?:-(\d+))?$/.exec(name)?.[1] ?? (name === 'demo' ? 1 : []));
  const number = Math.max(0, ...numbers.map(Number));
  return { number, ...stateOf(join('runs', nameOf(number))) };
}

const nameOf = (number) => (number === 1 ? 'demo' : `demo-${number}`);

await bootstrap(process.argv.slice(2));

const newest = newestRun();
const dir = join('runs', nameOf(newest.number + (newest.number === 0 || newest.complete ? 1 : 0)));
const start = newest.begun && !newest.complete ? ['--resume', dir] : [...recipe, '--out', dir];
console.log('\nGoogLeNet learns to tell ten kinds of clothes apart, from 100 images of each.');
await googlenet('train', ...start);

const weights = join(dir, 'model.safetensors');
const { top1: accuracy, top5, images } = await googlenetJson('evaluate', weights, `${sample}/test`, '--json');
console.log(`The saved model, read again: test accuracy ${accuracy} (top-5 ${top5}) on ${images} images.`);
await googlenet('predict', weights, image);

if (!(accuracy > wantedAccuracy)) {
  console.error(`The test accuracy is ${accuracy}; more than ${wantedAccuracy} was to be expected.`);
  process.exit(1);
}
console.log(`Look at the run: curves, confusion, mistakes
  ${join(root, dir, 'report.html')}

Try next:
  npx googlenet evaluate ${weights} ${sample}/test
        the accuracy of each class
  npx googlenet train --resume ${dir} --epochs 8
        learn on
  npx googlenet predict ${weights} your-own.jpg
  npx googlenet train --data your-images --out runs/mine
        your-images/train/<class>/*.jpg and your-images/test/<class>/*.jpg`);
