import { runChild } from '../support/child';

const PRELUDE = `
  const channels = { inChannels: 4, ch1x1: 1, ch3x3Reduce: 1, ch3x3: 1, ch5x5Reduce: 1, ch5x5: 1, poolProj: 1 };
  const square = (side) => ({ data: new Float32Array(4 * side * side), shape: [1, 4, side, side] });
  const rss = () => process.memoryUsage().rss / 2 ** 20;
`;

async function expectTrue(program: string) {
  const child = await runChild(PRELUDE + program, { args: ['--expose-gc'] });
  expect(child).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(child.stdout).toMatch(/^true( true)*\n$/);
}

test('memory of a big batch goes back to the system when the model has been idle for ten seconds', async () => {
  await expectTrue(`
    (async () => {
      const model = new GoogLeNet({ numClasses: 10 }).eval();
      await model.forward(images(1));
      const before = rss();
      await model.forward(images(16));
      const busy = rss() - before;
      await sleep(11_000);
      console.log(busy > 100, rss() - before < 50);
    })();
  `);
});

test('an output that is dropped after the work goes back too, without a further call', async () => {
  await expectTrue(`
    (async () => {
      const block = new InceptionModule(channels);
      await block.forward(square(8));
      const before = rss();
      let output = await block.forward(square(1500));
      await sleep(1500);
      const busy = rss() - before;
      output = null;
      await sleep(1);
      global.gc();
      await sleep(11_000);
      global.gc();
      console.log(busy > 30, rss() - before < 25);
    })();
  `);
});

test('images of ever new sizes take no more memory than their largest', async () => {
  await expectTrue(`
    (async () => {
      const block = new InceptionModule(channels);
      for (let i = 0; i < 10; i++) await block.forward(square(500));
      const same = rss();
      for (let side = 200; side < 500; side += 3) {
        await block.forward(square(side));
        if (side % 10 === 0) global.gc();
      }
      // More than five hundred without a bound on what is kept.
      console.log(rss() - same < 250);
    })();
  `);
});

test.each([65_408, 65_424, 65_440, 65_456, 65_472])('tensors of %i bytes are given back', async (bytes) => {
  // Around the size from which memory is kept.
  await expectTrue(`
    (async () => {
      const side = ${bytes} / 16;
      const input = { data: new Float32Array(4 * side), shape: [1, 4, 1, side] };
      const block = new InceptionModule(channels);
      const round = async () => {
        let outputs = [];
        for (let i = 0; i < 500; i++) outputs.push(await block.forward(input));
        outputs = null;
        for (let i = 0; i < 3; i++) { await sleep(5); global.gc(); }
        new InceptionModule(channels).dispose();
        await sleep(50);
        return rss();
      };
      const rounds = [];
      for (let i = 0; i < 8; i++) rounds.push(await round());
      // What is lost adds 30 in every round, 180 in the last six. The allocator holds on to one round's worth, and a round may end
      // before the collector is through.
      console.log(rounds.at(-1) - Math.max(...rounds.slice(0, 2)) < 90);
    })();
  `);
});

test('a checkpoint that is not written because the weights are no numbers is an error that can be caught', async () => {
  await expectTrue(`
    const { tmpdir } = require('node:os');
    (async () => {
      const model = new GoogLeNet({ numClasses: 2, auxLogits: false });
      const state = await model.stateDict();
      state['fc.bias'].data.fill(NaN);
      await model.loadStateDict(state);
      const trainer = new Trainer(model);
      const codes = [];
      for (const path of [tmpdir() + '/diverged.safetensors', '']) {
        await trainer.saveCheckpoint(path).catch((error) => codes.push(error.code));
      }
      await sleep(50);
      console.log(codes.join() === 'DIVERGED,INVALID_ARGUMENT');
    })();
  `);
});

test('predict holds no more photographs than it decodes at once', async () => {
  const child = await runChild(`
    const sharp = require('sharp');
    const { mkdtempSync } = require('node:fs');
    const { main } = require('./dist/cli/main.js');
    (async () => {
      const folder = mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'googlenet-photos-'));
      const model = new GoogLeNet({ numClasses: 10 });
      await model.save(folder + '/model.safetensors');
      model.dispose();
      const noise = { type: 'gaussian', mean: 128, sigma: 20 };
      const photo = sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#888', noise } });
      await photo.jpeg().toFile(folder + '/photo.jpg');
      const status = await main(['predict', folder + '/model.safetensors', ...Array(16).fill(folder + '/photo.jpg')]);
      require('node:fs').rmSync(folder, { recursive: true });
      // Sixteen of them would be 576 MB.
      console.log(status === 0, process.resourceUsage().maxRSS / 1024 < 450);
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(child.stdout).toMatch(/true true\n$/);
});
