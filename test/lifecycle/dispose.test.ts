import { runChild } from '../support/child';

test('work that was queued before dispose is finished, later calls fail with DISPOSED', async () => {
  const child = await runChild(`
    (async () => {
      const model = new GoogLeNet({ numClasses: 10 });
      const trainer = new Trainer(model);
      const queued = [model.forward(images(2)), trainer.step(images(2), labels(2)), model.stateDict(), model.forward(images(1))];
      model.dispose();
      model.dispose();
      const settled = await Promise.allSettled(queued);
      console.log(settled.map(({ status }) => status).join());
      const after = await Promise.allSettled([model.forward(images(1)), trainer.step(images(1), [0]), model.stateDict(), model.save('x')]);
      console.log(after.map(({ reason }) => reason.code).join());
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(child.stdout).toBe('fulfilled,fulfilled,fulfilled,fulfilled\nDISPOSED,DISPOSED,DISPOSED,DISPOSED\n');
});

test('`using` semantics: Symbol.dispose frees a model and a trainer', async () => {
  const child = await runChild(`
    const model = new GoogLeNet({ numClasses: 10 });
    const trainer = new Trainer(model);
    trainer[Symbol.dispose]();
    model[Symbol.dispose]();
    trainer.step(images(1), [0]).catch((error) => console.log(error.code, model.disposed));
  `);
  expect(child).toMatchObject({ code: 0, stdout: 'DISPOSED true\n' });
});

test('200 loads and disposes leave the resident memory flat', async () => {
  const child = await runChild(
    `
    const file = require('node:path').join(require('node:os').tmpdir(), 'rss-' + process.pid + '.safetensors');
    const MiB = 2 ** 20;
    (async () => {
      const first = new GoogLeNet();
      await first.save(file);
      first.dispose();
      const rss = [];
      for (let i = 1; i <= 200; i++) {
        const model = await GoogLeNet.load(file);
        if (i % 20 === 0) await model.forward(images(1));
        model.dispose();
        if (i % 20 === 0) { await sleep(20); global.gc(); rss.push(Math.round(process.memoryUsage().rss / MiB)); }
      }
      require('node:fs').unlinkSync(file);
      console.log(JSON.stringify(rss));
    })();
  `,
    { args: ['--expose-gc'] },
  );
  expect(child).toMatchObject({ code: 0, signal: null, stderr: '' });
  const rss: number[] = JSON.parse(child.stdout);
  expect(rss).toHaveLength(10);
  // A leaked model would add 51 MiB a load, two hundred times this bound in all.
  expect((rss[9] ?? Infinity) - (rss[1] ?? 0)).toBeLessThan(50);
});

test('models that are forgotten without dispose are freed by the garbage collector', async () => {
  const child = await runChild(
    `
    (async () => {
      for (let i = 0; i < 60; i++) {
        await new GoogLeNet({ numClasses: 10, seed: 0 }).forward(images(1));
        if (i % 10 === 9) { global.gc(); await sleep(30); }
      }
      console.log(process.memoryUsage().rss / 2 ** 20 < 1500);
    })();
  `,
    { args: ['--expose-gc'] },
  );
  expect(child).toMatchObject({ code: 0, signal: null, stdout: 'true\n', stderr: '' });
});

test('forgotten models are collected although nobody asks for it: V8 knows what memory is behind them', async () => {
  const child = await runChild(`
    (async () => {
      const rss = [];
      for (let i = 0; i < 60; i++) {
        await new GoogLeNet({ numClasses: 10, seed: 0 }).stateDict();
        rss.push(process.memoryUsage().rss / 2 ** 20);
      }
      console.log(Math.max(...rss) < 1000);
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stdout: 'true\n', stderr: '' });
});

test('a disposed model gives back its thread, and the memory of trainers that were forgotten', async () => {
  const child = await runChild(`
    const { readFileSync } = require('node:fs');
    const threads = () => Number(/Threads:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    const rss = () => process.memoryUsage().rss / 2 ** 20;
    const trainers = [];
    const use = async () => {
      const model = new GoogLeNet({ numClasses: 10 });
      trainers.push(new Trainer(model));
      await trainers.at(-1).step(images(1), [0]);
      model.dispose();
      await sleep(100);
    };
    (async () => {
      await use();
      await use();
      const before = [threads(), rss()];
      for (let i = 0; i < 6; i++) await use();
      console.log(threads() - before[0], rss() - before[1] < 60);
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stdout: '0 true\n', stderr: '' });
});

test('a system that has no thread to give fails the call, and the next one works', async () => {
  const child = await runChild(`
    const { execFileSync } = require('node:child_process');
    const { readFileSync } = require('node:fs');
    const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + bytes + ':unlimited']);
    const channels = { inChannels: 4, ch1x1: 1, ch3x3Reduce: 1, ch3x3: 1, ch5x5Reduce: 1, ch5x5: 1, poolProj: 1 };
    (async () => {
      const input = { data: new Float32Array(4 * 64), shape: [1, 4, 8, 8] };
      await new InceptionModule(channels).forward(input);
      // A thread of ours takes 8 MiB of addresses for its stack, unless glibc has kept one of an ended thread.
      const size = Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
      limit(size + 4 * 2 ** 20);
      for (let i = 0; i < 20; i++) {
        try { await new InceptionModule(channels).forward(input); } catch (error) { console.log(error.code); break; }
      }
      limit('unlimited');
      const block = new InceptionModule(channels);
      const { shape } = await block.forward(input);
      console.log(shape.join());
    })();
  `);
  expect(child).toMatchObject({ code: 0, signal: null, stdout: 'OUT_OF_MEMORY\n1,4,8,8\n', stderr: '' });
});
