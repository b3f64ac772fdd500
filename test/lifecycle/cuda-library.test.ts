/** When libtorch's CUDA library is opened. Where libtorch is the CUDA build; a driver that computes nothing stands in for a GPU's. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GoogLeNet, libtorch } from '../../src/index.js';
import { PACKAGE_ROOT, runChild } from '../support/child.js';
import { describeWhere } from '../support/skip.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { cuda } = libtorch();
const folder = temporaryFolder();

const IMAGES = '{ data: new Uint8Array(32 * 32 * 3), shape: [1, 32, 32, 3] }';
const SMALL = "{ variant: 'torchvision', numClasses: 10 }";

/** Work on the CPU that asks for no device. */
const WORK = {
  'an engine from a file': `
    const engine = await require(ROOT).Engine.load(process.env.PLAN, { backend: 'libtorch' });
    await engine.forward(${IMAGES});`,
  'a forward': `await new GoogLeNet(${SMALL}).eval().forward(${IMAGES});`,
  'a training step': `
    const images = { data: new Uint8Array(2 * 32 * 32 * 3), shape: [2, 32, 32, 3] };
    await new Trainer(new GoogLeNet(${SMALL})).step(images, labels(2));`,
};

describeWhere(cuda.built, 'this libtorch is built without CUDA')('on a CUDA build of libtorch', () => {
  test.each(Object.entries(WORK))('%s opens the CUDA library before it computes', async (_, work) => {
    using model = new GoogLeNet({ variant: 'torchvision', numClasses: 10 });
    const engine = await model.optimize({ backend: 'libtorch' });
    await engine.save(folder('model.plan'));
    engine.dispose();
    mkdirSync(folder('driver'));
    const driver = folder('driver', 'libcuda.so.1');
    execFileSync('cc', [
      '-shared',
      '-fPIC',
      '-o',
      driver,
      join(PACKAGE_ROOT, 'test/native/driver/libcuda.c'),
    ]);
    const child = await runChild(
      `(async () => {
        ${work}
        console.log(require('node:fs').readFileSync('/proc/self/maps', 'utf8').includes('/libtorch_cuda.so'));
      })();`,
      { env: { LD_LIBRARY_PATH: folder('driver'), PLAN: folder('model.plan') } },
    );
    expect(child).toMatchObject({ code: 0, stdout: 'true\n' });
  });
});
