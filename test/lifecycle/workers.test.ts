import { runChild } from '../support/child';

const FORWARD_FOREVER = `
  const { parentPort } = require('node:worker_threads');
  const { GoogLeNet } = require(PACKAGE);
  const model = new GoogLeNet({ numClasses: 10 });
  (async () => {
    for (;;) {
      await model.forward({ data: new Uint8Array(8 * 224 * 224 * 3), shape: [8, 224, 224, 3] });
      parentPort.postMessage('forward');
    }
  })();
`;

const worker = (source: string) => `
  const { Worker } = require('node:worker_threads');
  const start = () => new Worker(${JSON.stringify(source)}.replace('PACKAGE', JSON.stringify(process.argv[1] ?? '')), { eval: true });
  async function startAndTerminate(ms) {
    const one = start();
    await new Promise((resolve) => one.once('message', resolve));
    await sleep(ms);
    await one.terminate();
  }
`;

const PACKAGE_ARGUMENT = require('node:path').join(__dirname, '../..');
const run = (program: string) =>
  runChild(program.replaceAll('process.argv[1]', JSON.stringify(PACKAGE_ARGUMENT)));

test('twenty workers are terminated in the middle of a forward and the process lives on', async () => {
  const child = await run(`
    ${worker(FORWARD_FOREVER)}
    (async () => {
      for (let i = 0; i < 20; i++) await startAndTerminate(5 + (i * 37) % 150);
      const [main] = await new GoogLeNet({ numClasses: 10 }).forward(images(1));
      console.log('alive', main.data.every(Number.isFinite));
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stdout: 'alive true\n', stderr: '' });
});

/** Answers arrive faster than a worker can end: some fall into its last moments, when nothing can be thrown any more. */
const SHORT_FORWARDS = `
  const { parentPort } = require('node:worker_threads');
  const { InceptionModule } = require(PACKAGE);
  const channels = { inChannels: 4, ch1x1: 1, ch3x3Reduce: 1, ch3x3: 1, ch5x5Reduce: 1, ch5x5: 1, poolProj: 1 };
  const block = new InceptionModule(channels);
  const good = () => block.forward({ data: new Float32Array(4 * 64), shape: [1, 4, 8, 8] }).then(good);
  const bad = () => block.forward({ data: new Float32Array(4), shape: [1, 4, 8, 8] }).catch(() => setImmediate(bad));
  for (let i = 0; i < 32; i++) { good(); bad(); }
  setTimeout(() => parentPort.postMessage('up'), 5);
`;

test('forty workers are terminated among thousands of short forwards and errors', async () => {
  const child = await run(`
    ${worker(SHORT_FORWARDS)}
    (async () => {
      for (let i = 0; i < 40; i++) await startAndTerminate((i * 7) % 13);
      console.log('alive');
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stdout: 'alive\n', stderr: '' });
});

test('a worker is terminated in the middle of a training step and the main thread trains on', async () => {
  const step = FORWARD_FOREVER.replace('{ GoogLeNet }', '{ GoogLeNet, Trainer }')
    .replace('(async', 'const trainer = new Trainer(model);\n(async')
    .replace('model.forward({', 'trainer.step({')
    .replace('[8, 224, 224, 3] })', '[8, 224, 224, 3] }, new Int32Array(8))');
  const child = await run(`
    ${worker(step)}
    (async () => {
      const trainer = new Trainer(new GoogLeNet({ numClasses: 10 }));
      const one = start();
      await new Promise((resolve) => one.once('message', resolve));
      await sleep(100);
      const [{ loss }] = await Promise.all([trainer.step(images(2), labels(2)), one.terminate()]);
      console.log('alive', Number.isFinite(loss));
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stdout: 'alive true\n', stderr: '' });
});

test('two workers and the main thread run their own models at the same time, with equal results for equal seeds', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const { GoogLeNet } = require(PACKAGE);
    const model = new GoogLeNet({ numClasses: 10, seed: 5 });
    model.forward({ data: new Uint8Array(2 * 224 * 224 * 3), shape: [2, 224, 224, 3] }).then(([main]) => parentPort.postMessage(main.data));
  `;
  const child = await run(`
    ${worker(source)}
    const logits = () => new Promise((resolve, reject) => start().once('message', resolve).once('error', reject));
    (async () => {
      const model = new GoogLeNet({ numClasses: 10, seed: 5 });
      const images = { data: new Uint8Array(2 * 224 * 224 * 3), shape: [2, 224, 224, 3] };
      const [a, b, [main]] = await Promise.all([logits(), logits(), model.forward(images)]);
      console.log(a.join() === b.join() && b.join() === main.data.join());
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stdout: 'true\n', stderr: '' });
});

const ENGINE_FOREVER = `
  const { parentPort } = require('node:worker_threads');
  const { GoogLeNet } = require(PACKAGE);
  (async () => {
    const engine = await new GoogLeNet({ numClasses: 10 }).optimize();
    for (;;) {
      await engine.forward({ data: new Uint8Array(8 * 224 * 224 * 3), shape: [8, 224, 224, 3] });
      parentPort.postMessage('forward');
    }
  })();
`;

test('workers with an engine are terminated in the middle of its work and the process lives on', async () => {
  const child = await run(`
    ${worker(ENGINE_FOREVER)}
    (async () => {
      for (let i = 0; i < 8; i++) await startAndTerminate((i * 37) % 150);
      const engine = await new GoogLeNet({ numClasses: 10 }).optimize();
      const [main] = await engine.forward(images(1));
      console.log('alive', main.data.every(Number.isFinite));
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stdout: 'alive true\n', stderr: '' });
});
