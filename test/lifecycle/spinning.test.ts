import { runChild } from '../support/child';

/** Prints the CPU milliseconds of all threads that work on a model, for operations with pauses between them. */
const PROGRAM = `
  const { readdirSync, readFileSync } = require('node:fs');
  const before = new Set(readdirSync('/proc/self/task'));
  const cpu = () => {
    const threads = readdirSync('/proc/self/task').filter((thread) => !before.has(thread));
    const nanoseconds = threads.map((thread) => readFileSync('/proc/self/task/' + thread + '/schedstat', 'utf8').split(' ')[0]);
    return nanoseconds.reduce((sum, one) => sum + Number(one), 0) / 1e6;
  };
  (async () => {
    setNumThreads(2);
    const model = new InceptionModule({ inChannels: 16, ch1x1: 16, ch3x3Reduce: 8, ch3x3: 16, ch5x5Reduce: 8, ch5x5: 16, poolProj: 16 });
    const input = { data: new Float32Array(16 * 32 * 32), shape: [1, 16, 32, 32] };
    await model.forward(input);
    const start = cpu();
    for (let i = 0; i < 20; i++) {
      await model.forward(input);
      await sleep(30);
    }
    console.log(cpu() - start, process.env.GOMP_SPINCOUNT ?? 'unset');
  })();`;

const IN_WORKER = `
  const { Worker } = require('node:worker_threads');
  new Worker(${JSON.stringify(`
    const { GoogLeNet, InceptionModule, setNumThreads } = require(workerData);
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    ${PROGRAM}`)}.replace(/^/, 'const { workerData } = require("node:worker_threads");'), {
    eval: true,
    workerData: ROOT,
  });`;

async function cpuOf(program: string, env: NodeJS.ProcessEnv = {}) {
  const { stdout, stderr, code } = await runChild(program, { env });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const [ms, setting] = stdout.trim().split(' ');
  return { ms: Number(ms), setting };
}

test('threads that wait for others sleep soon, in a Worker too; a setting of the user stays, and is all that children inherit', async () => {
  const plain = await cpuOf(PROGRAM);
  const inWorker = await cpuOf(IN_WORKER);
  const spinning = await cpuOf(PROGRAM, { GOMP_SPINCOUNT: '300000' });
  expect([plain.setting, inWorker.setting, spinning.setting]).toEqual(['unset', 'unset', '300000']);
  // libgomp's own number of turns costs several times the work itself.
  expect(plain.ms).toBeLessThan(spinning.ms * 0.6);
  expect(inWorker.ms).toBeLessThan(spinning.ms * 0.6);
});
