// node scripts/runs/fashion-mnist.mjs: trains the reference model at 224² on all 60,000 training pictures of Fashion-MNIST and prints the
// accuracy of its final weights on the 10,000 test pictures. The test pictures are scored after each epoch too, to be looked at: neither
// the weights nor the length of the run is chosen by them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap } from '../bootstrap.mjs';
import { googlenetJson, trainOrResume } from '../command.mjs';

/** Where Debian's package puts it. */
const DEBIAN = '/usr/share/datasets/fashion-mnist';

const HELP = `node scripts/runs/fashion-mnist.mjs [options]

Sets up what is missing, trains, and prints the accuracy on the test pictures. An interrupted run goes on.

  --data DIR     the four idx files, plain or .gz (default: ${DEBIAN},
                 from Debian's package dataset-fashion-mnist)
  --out DIR      folder of the run (default runs/fashion-mnist)
  --epochs N     length of the run, over which the learning rate falls to zero (default 10)
  --device D     cpu, cuda, cuda:N or auto (default auto)
`;

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string', default: DEBIAN },
    out: { type: 'string', default: 'runs/fashion-mnist' },
    epochs: { type: 'string', default: '10' },
    device: { type: 'string', default: 'auto' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}
if (!existsSync(flags.data)) {
  console.error(
    `There is no ${flags.data}. On Debian and Ubuntu: sudo apt-get install dataset-fashion-mnist. Else give --data.`,
  );
  process.exit(2);
}
await bootstrap();

const data = ['--data', flags.data, '--classes', 'fashion-mnist'];
const recipe =
  '--batch-size 16 --lr 0.01 --schedule cosine --warmup-steps 200 --weight-decay 5e-4 --augment plain --clip-norm 5';
const speed = '--precision bfloat16 --fused --checkpoint-every 500';
const length = ['--epochs', flags.epochs, '--device', flags.device];
await trainOrResume(flags.out, [...data, ...length, ...recipe.split(' '), ...speed.split(' ')]);
const weights = join(flags.out, 'model.safetensors');
const { top1, loss, pictures } = await googlenetJson(
  'evaluate',
  weights,
  flags.data,
  '--json',
  '--device',
  flags.device,
);
console.log(`Test accuracy ${top1}, loss ${loss.toFixed(4)}, on ${pictures} pictures.`);
