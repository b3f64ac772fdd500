/**
 * Models on a device that is not the CPU. test/native/device brings one into a process, whose memory the host cannot touch, with
 * several indices and streams. It computes with libtorch's operations on the CPU, so all results must have the CPU's bits.
 */
import { join } from 'node:path';
import { type ChildResult, PACKAGE_ROOT, runChild } from '../support/child.js';
import { BUILD_DIR, BUILD_MS, buildTarget, IS_BUILT_BY_CMAKE } from '../support/native-programs.js';
import { describeWhere } from '../support/skip.js';

const ADDON = join(BUILD_DIR, 'Release', 'test_device.node');
const PROGRAM = `
const device = require(${JSON.stringify(ADDON)});
const { loadAddon } = require(ROOT + '/dist/native/load.js');
const options = { variant: 'torchvision', numClasses: 10, initWeights: true, seed: 7, dropout: 0, dropoutAux: 0 };
const place = (device, more = {}) => new GoogLeNet({ ...options, ...more, device });
const noise = (n) => {
  const data = Uint8Array.from({ length: n * 64 * 64 * 3 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  return { data, shape: [n, 64, 64, 3] };
};
const classes = [1, 2, 3, 3];
const difference = (before) =>
  Object.fromEntries(Object.entries(device.counters()).map(([name, value]) => [name, value - before[name]]));
const freed = async () => {
  while (device.counters().liveBytes > 0) await new Promise(setImmediate);
};
const codeOf = async (work) => {
  try {
    await work();
    return 'nothing';
  } catch (error) {
    return error.code + ': ' + error.message;
  }
};
const bitsOf = ({ buffer, byteOffset, byteLength }) =>
  require('node:crypto').createHash('sha256').update(new Uint8Array(buffer, byteOffset, byteLength)).digest('hex');
const show = (value) => console.log(JSON.stringify(value, (_, one) => (ArrayBuffer.isView(one) ? bitsOf(one) : one)));
`;

const run = (body: string): Promise<ChildResult> =>
  runChild(`${PROGRAM}(async () => {${body}})();`, {
    env: { GOOGLENET_TEST_DEVICE: '1', OMP_NUM_THREADS: '1' },
  });

/** What the program showed, a value a line. */
async function shown(body: string): Promise<unknown[]> {
  const { code, signal, stdout, stderr } = await run(body);
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Work in its place: on the session's device and on a stream of its own. */
const IN_PLACE = { wrongDevice: 0, wrongStream: 0, defaultStream: 0 };

describeWhere(IS_BUILT_BY_CMAKE, `${BUILD_DIR} was not built by CMake`)(
  'on a device of its own memory',
  () => {
    beforeAll(async () => {
      await buildTarget('test_device');
    }, BUILD_MS);

    test('a read by the host ends the process: what these tests look for cannot pass unseen', async () => {
      const child = await run('console.log(device.readOnHost());');
      expect(child).toMatchObject({ code: null, signal: 'SIGSEGV', stdout: '' });
    });

    test.each(['privateuseone:0', 'privateuseone:1'])(
      'forward, features, engines and saved weights have the bits of the CPU: %s',
      async (name) => {
        const body = (where: string) => `
        const model = place('${where}').eval();
        const float = { data: Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => Math.sin(i)), shape: [1, 3, 64, 64] };
        show([await model.forward(noise(2)), await model.forward(float)]);
        show(await model.features(noise(1), ['inception3a']));
        show(await model.gradCam(noise(1), [3]));
        const engine = await model.optimize();
        show(await engine.forward(noise(1)));
        const state = await model.stateDict();
        const other = place('${where}', { seed: 8 }).eval();
        await other.loadStateDict(state);
        show(await other.forward(noise(1)));
        const inception = new InceptionModule({ inChannels: 8, ch1x1: 4, ch3x3Reduce: 4, ch3x3: 4, ch5x5Reduce: 2, ch5x5: 2,
          poolProj: 2, seed: 1, device: '${where}' });
        show(await inception.forward({ data: Float32Array.from({ length: 8 * 49 }, (_, i) => Math.cos(i)), shape: [1, 8, 7, 7] }));`;
        const [expected, actual] = await Promise.all([
          shown(body('cpu')),
          shown(`${body(name)} show(device.counters());`),
        ]);
        expect(actual.slice(0, -1)).toEqual(expected);
        expect(actual.at(-1)).toMatchObject(IN_PLACE);
      },
    );

    const TRAININGS = {
      plain: '{}',
      'everything that a trainer can do':
        '{ maxGradNorm: 0.5, gradientAccumulationSteps: 2, emaDecay: 0.9, labelSmoothing: 0.1, classWeights: [1, 2, 0.5, 1, 1, 1, 1, 1, 1, 1] }',
      'fused, frozen': "{ optimizer: { fused: true, headLr: 0.1 }, freeze: ['inception3*'] }",
    };
    test.each(Object.entries(TRAININGS))('training has the bits of the CPU: %s', async (_, options) => {
      const body = (where: string) => `
      const model = place('${where}');
      const trainer = new Trainer(model, ${options});
      for (let i = 0; i < 2; i++) show(await trainer.step(noise(4), classes));
      show(await trainer.evaluate(noise(4), classes));
      show(await trainer.gradients());
      show(await trainer.weights());`;
      const [expected, actual] = await Promise.all([
        shown(body('cpu')),
        shown(`${body('privateuseone:1')} show(device.counters());`),
      ]);
      expect(actual.slice(0, -1)).toEqual(expected);
      expect(actual.at(-1)).toMatchObject(IN_PLACE);
    });

    test('a step copies images and labels without a wait, and waits once for its results', async () => {
      const [step, forward] = await shown(`
      const model = place('privateuseone:0');
      const trainer = new Trainer(model, { maxGradNorm: 1, gradientAccumulationSteps: 2, classWeights: Array(10).fill(1) });
      await trainer.step(noise(4), classes);
      let before = device.counters();
      await trainer.step(noise(4), classes);
      show(difference(before));
      model.eval();
      before = device.counters();
      await model.forward(noise(4));
      show(difference(before));`);
      expect(step).toMatchObject({ uploads: 2, pageable: 0, downloads: 1 });
      // One for each head.
      expect(forward).toMatchObject({ uploads: 1, pageable: 0, downloads: 3 });
    });

    test('models compute at the same time, each on a stream of its own, on different devices', async () => {
      const [same, counters] = await shown(`
      const models = ['privateuseone:0', 'privateuseone:0', 'privateuseone:1', 'cpu'].map((name) => place(name));
      const trainers = models.map((model) => new Trainer(model));
      const losses = await Promise.all(trainers.map(async (trainer) => {
        await trainer.step(noise(4), classes);
        return (await trainer.step(noise(4), classes)).loss;
      }));
      show(losses.every((loss) => loss === losses[0]));
      show(device.counters());`);
      expect(same).toBe(true);
      expect(counters).toMatchObject(IN_PLACE);
    });

    test('the memory of a disposed model goes back to the system', async () => {
      const [used, left] = await shown(`
      const model = place('privateuseone:0');
      const trainer = new Trainer(model);
      await trainer.step(noise(4), classes);
      show(device.counters());
      model.dispose();
      await freed();
      while (device.counters().cachedBytes > 0) await new Promise(setImmediate);
      show(device.counters());`);
      expect((used as { liveBytes: number }).liveBytes).toBeGreaterThan(1e6);
      expect(left).toMatchObject({ liveBytes: 0, cachedBytes: 0 });
    });

    test('a device that is lost has an error of its own; other failures have not', async () => {
      const [lost, failed, works] = await shown(`
      const model = place('privateuseone:0').eval();
      await model.forward(noise(1));
      device.failNext(700);
      show(await codeOf(() => model.forward(noise(1))));
      device.failNext(1);
      show(await codeOf(() => model.forward(noise(1))));
      show(await codeOf(() => model.forward(noise(1))));`);
      expect(lost).toMatch(/^DEVICE_LOST: .*the device was told to fail.* new one/);
      expect(failed).toMatch(/^LIBTORCH_ERROR: /);
      expect(works).toBe('nothing');
    });

    test.each([
      ['by a call', 'loadAddon().shutDown({ withinMs: 50, exitCode: 3 });'],
      ['by process.exit, within ten seconds', 'process.exit(3);'],
    ])('a device that never answers does not keep the process from its end: %s', async (_, end) => {
      const child = await run(`
      const model = place('privateuseone:0').eval();
      await model.forward(noise(1));
      device.hangNext();
      model.forward(noise(1));
      while (!device.isHanging()) await new Promise(setImmediate);
      ${end}`);
      expect(child).toMatchObject({ code: 3, signal: null, stdout: '' });
      expect(child.stderr).toMatch(/^DEVICE_LOST: .*\n$/);
    });

    test('a worker ends although its device never answers, and the main thread goes on', async () => {
      const worker = `
      const device = require(${JSON.stringify(ADDON)});
      const { GoogLeNet } = require(${JSON.stringify(PACKAGE_ROOT)});
      const model = new GoogLeNet({ variant: 'torchvision', numClasses: 10, device: 'privateuseone:0' });
      device.hangNext();
      model.forward({ data: new Uint8Array(64 * 64 * 3), shape: [1, 64, 64, 3] });
      const wait = () => (device.isHanging() ? process.exit() : setImmediate(wait));
      wait();`;
      const child = await run(`
      const { Worker } = require('node:worker_threads');
      const one = new Worker(${JSON.stringify(worker)}, { eval: true });
      await new Promise((resolve, reject) => one.once('exit', resolve).once('error', reject));
      show((await place('cpu').eval().forward(noise(1)))[0].shape);`);
      expect(child).toMatchObject({ code: 0, stdout: '[1,10]\n', stderr: '' });
    });

    test('numbers of devices beyond all integers are typed errors', async () => {
      const results = await shown(`
      const names = ['privateuseone:2', 'privateuseone:99999999999999999999', 'privateuseone:x', 'cuda:', 'cuda:1x', 'gpu'];
      for (const device of names) show(await codeOf(() => loadAddon().resolveDevice({ device })));`);
      const codes = results.map((result) => String(result).split(':')[0]);
      expect(codes).toEqual(['CUDA_UNAVAILABLE', 'CUDA_UNAVAILABLE', ...Array(4).fill('INVALID_ARGUMENT')]);
    });

    test('a device can be prepared off the JS thread', async () => {
      const body = "show(await require(ROOT).prepareDevice('privateuseone:1'));";
      expect(await shown(body)).toEqual(['privateuseone:1']);
    });

    test('other programs cannot name such a device', async () => {
      const program = `${PROGRAM} codeOf(() => place('privateuseone:0')).then(show);`;
      const { stdout } = await runChild(program);
      expect(stdout).toMatch(/^"INVALID_ARGUMENT: /);
    });
  },
);
