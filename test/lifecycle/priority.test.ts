import { runChild } from '../support/child';
import { testWhere } from '../support/skip';

const onLinux = testWhere(process.platform === 'linux', 'only on Linux has a thread a priority of its own');

onLinux('the threads of a model give way to the JS thread', async () => {
  const child = await runChild(`
    const { readdirSync, readFileSync } = require('node:fs');
    const niceOf = (thread) => {
      const stat = readFileSync('/proc/self/task/' + thread + '/stat', 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    };
    const threads = () => readdirSync('/proc/self/task');
    (async () => {
      const before = new Set(threads());
      const model = new GoogLeNet({ numClasses: 10 });
      await model.forward(pictures(2));
      const ours = niceOf(process.pid);
      const lower = threads().filter((thread) => !before.has(thread)).map((thread) => niceOf(thread) - ours);
      console.log(Math.max(...lower), ours === require('node:os').getPriority());
    })();
  `);
  expect(child).toMatchObject({ code: 0, stderr: '', stdout: '3 true\n' });
});
