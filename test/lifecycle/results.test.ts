import { runChild } from '../support/child';

test('results are memory that V8 has allocated, which every version of Node can transfer', async () => {
  const child = await runChild(
    `
    const channels = { inChannels: 4, ch1x1: 1, ch3x3Reduce: 1, ch3x3: 1, ch5x5Reduce: 1, ch5x5: 1, poolProj: 1 };
    const block = new InceptionModule(channels);
    const model = new GoogLeNet({ variant: 'torchvision', initWeights: false, auxLogits: false });
    model.eval();
    const batch = { data: new Uint8Array(100 * 32 * 32 * 3), shape: [100, 32, 32, 3] };
    const input = { data: new Float32Array(4 * 256 * 256), shape: [1, 4, 256, 256] };
    // V8 does not count memory that others have allocated.
    const isAllocated = async (make) => {
      // Another thread frees what is collected.
      let before;
      for (let last = 0; last !== before; await sleep(1)) { last = before; gc(); before = process.memoryUsage().arrayBuffers; }
      const { data } = await make();
      return process.memoryUsage().arrayBuffers - before >= data.byteLength;
    };
    (async () => {
      const engine = await model.optimize({ threads: 1 });
      for (const callee of [model, engine]) console.log(await isAllocated(async () => (await callee.forward(batch))[0]));
      console.log(await isAllocated(() => block.forward(input)));
      await Promise.all([engine.close(), model.close(), block.close()]);
    })();
  `,
    { args: ['--expose-gc'] },
  );
  expect(child).toEqual({ code: 0, signal: null, stdout: 'true\ntrue\ntrue\n', stderr: '' });
});
