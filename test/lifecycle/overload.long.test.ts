import { runChild } from '../support/child';

test.each([
  ['a model', 'model'],
  ['an engine', 'await model.optimize()'],
])(
  '5,000 calls of %s at once take a bounded amount of memory; what is refused says so, all else is answered',
  async (_, make) => {
    const child = await runChild(`
    const rss = () => process.memoryUsage().rss / 1e6;
    (async () => {
      const model = new GoogLeNet({ auxLogits: false });
      model.eval();
      const callee = ${make};
      const images = { data: new Float32Array(3 * 224 * 224), shape: [1, 3, 224, 224] };
      for (let i = 0; i < 3; i++) await callee.forward(images);
      const idle = rss();
      let largest = 0;
      const watch = () => { largest = Math.max(largest, rss() - idle); };
      const answers = Array.from({ length: 5000 }, () =>
        callee.forward(images).then(() => 'answered', ({ code }) => code).finally(watch));
      watch();
      const pending = callee.pending;
      const outcomes = {};
      for (const outcome of await Promise.all(answers)) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      await callee.close();
      console.log(JSON.stringify({ largest, pending, outcomes }));
      model.dispose();
    })();
  `);
    expect(child).toMatchObject({ code: 0, signal: null, stderr: '' });
    const { largest, pending, outcomes } = JSON.parse(child.stdout);
    // 64 MiB of images, and what computing takes.
    expect(largest).toBeLessThan(300);
    const calls = Math.floor((64 * 2 ** 20) / (4 * 3 * 224 * 224));
    expect(pending).toMatchObject({ calls, images: calls });
    expect(outcomes).toEqual({ answered: calls, OVERLOADED: 5000 - calls });
  },
);
