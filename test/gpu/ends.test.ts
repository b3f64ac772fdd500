/** Memory that runs out, and processes that end, while the GPU is at work. */
import { GoogLeNet, InceptionModule } from '../../src/index.js';
import { PACKAGE_ROOT, runChild } from '../support/child.js';
import { errorWith } from '../support/errors.js';
import { describeOnCuda, MODEL, noise } from './cuda.js';

describeOnCuda('on CUDA', () => {
  test('memory of the device that runs out is an error, and the process and the model live on', async () => {
    const channels = { inChannels: 1, ch1x1: 65_536, ch3x3Reduce: 1, ch3x3: 1, ch5x5Reduce: 1, ch5x5: 1 };
    using module = new InceptionModule({ ...channels, poolProj: 1, device: 'cuda' });
    const zeros = (side: number) => ({ data: new Float32Array(side * side), shape: [1, 1, side, side] });
    // The first branch makes a terabyte out of these 16 MB.
    await expect(module.forward(zeros(2048))).rejects.toMatchObject(errorWith('OUT_OF_MEMORY', 'memory'));
    const output = await module.forward(zeros(4));
    expect(output.data.every(Number.isFinite)).toBe(true);
    using model = new GoogLeNet({ ...MODEL, device: 'cuda' });
    expect((await model.forward(noise(2)))[0].data.every(Number.isFinite)).toBe(true);
  });

  test.each([
    ['nothing is awaited', ''],
    ['process.exit comes in the middle', 'setTimeout(() => process.exit(0), 5);'],
  ])('a program ends in good order while forwards are under way: %s', async (_, end) => {
    const child = await runChild(`
      const model = new GoogLeNet({ numClasses: 10, device: 'cuda' });
      model.forward(images(1)).then(() => {
        for (let i = 0; i < 20; i++) model.forward(images(32));
        ${end}
      });`);
    expect(child).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('process.exit in the middle of a training step ends the process with its code', async () => {
    const child = await runChild(`
      const trainer = new Trainer(new GoogLeNet({ numClasses: 10, device: 'cuda' }));
      trainer.step(images(2), labels(2)).then(() => {
        for (let i = 0; i < 20; i++) trainer.step(images(32), labels(32));
        setTimeout(() => process.exit(7), 20);
      });`);
    expect(child).toEqual({ code: 7, signal: null, stdout: '', stderr: '' });
  });

  test('workers are terminated in the middle of forwards, and the main thread goes on', async () => {
    const worker = `
      const { parentPort } = require('node:worker_threads');
      const { GoogLeNet } = require(${JSON.stringify(PACKAGE_ROOT)});
      const model = new GoogLeNet({ numClasses: 10, device: 'cuda' });
      const images = { data: new Uint8Array(8 * 224 * 224 * 3), shape: [8, 224, 224, 3] };
      (async () => { for (;;) { await model.forward(images); parentPort.postMessage('forward'); } })();`;
    const child = await runChild(`
      const { Worker } = require('node:worker_threads');
      (async () => {
        for (let i = 0; i < 5; i++) {
          const one = new Worker(${JSON.stringify(worker)}, { eval: true });
          await new Promise((resolve, reject) => one.once('message', resolve).once('error', reject));
          await sleep(i * 7);
          await one.terminate();
        }
        const [main] = await new GoogLeNet({ numClasses: 10, device: 'cuda' }).forward(images(1));
        console.log('alive', main.data.every(Number.isFinite));
      })();`);
    expect(child).toEqual({ code: 0, signal: null, stdout: 'alive true\n', stderr: '' });
  });
});
