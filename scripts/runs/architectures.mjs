// node scripts/runs/architectures.mjs: trains every architecture on two classes of the bundled images and prints its accuracy.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, root } from '../lib/bootstrap.mjs';
import { fromRoot, googlenetJson, trainOrResume } from '../lib/command.mjs';
import { counts, readFlags } from '../lib/flags.mjs';
import { linkClasses, readClasses } from './sample-classes.mjs';

const HELP = `node scripts/runs/architectures.mjs [options]

Sets up what is missing, trains each architecture from scratch with one recipe, and prints the accuracy on the test images.

  --classes A,B   folders of scripts/sample/fashion-mnist (default 0-t-shirt-top,1-trouser)
  --epochs N      length of each run (default 6)
  --out DIR       folder of the runs (default runs/networks); interrupted ones go on
`;

const flags = readFlags(HELP, {
  classes: '0-t-shirt-top,1-trouser',
  epochs: '6',
  out: join(root, 'runs/networks'),
});
counts(flags, 'epochs');
const classes = readClasses(flags.classes);
const out = fromRoot(flags.out);
await bootstrap();
const { ARCHITECTURES } = createRequire(import.meta.url)('../../dist/models/architectures.js');

const data = linkClasses(out, classes);
const recipe = '--batch-size 8 --lr 0.01 --max-grad-norm 2 --seed 0'.split(' ');
const rows = [];
for (const architecture of ARCHITECTURES) {
  const dir = join(out, architecture);
  await trainOrResume(dir, [
    '--data',
    data,
    '--architecture',
    architecture,
    '--epochs',
    flags.epochs,
    ...recipe,
  ]);
  const weights = join(dir, 'model.safetensors');
  const { top1, loss, images } = await googlenetJson('evaluate', weights, join(data, 'test'), '--json');
  const { parameters } = await googlenetJson('info', weights, '--json');
  rows.push([
    architecture,
    parameters.toLocaleString('en-US'),
    String(images),
    top1.toFixed(3),
    loss.toFixed(4),
  ]);
}
console.log();
for (const row of [['architecture', 'parameters', 'test images', 'accuracy', 'loss'], ...rows]) {
  console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(15))).join(''));
}
