import { execFileSync } from 'node:child_process';
import { backends, type Device, GoogLeNet, InceptionModule, type Logits, libtorch } from '../../src/index.js';
import { runChild } from '../support/child.js';
import { errorWith } from '../support/errors.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { CLOSE, describeOnCuda, distance, expectSameBits, MODEL, noise } from './cuda.js';

const folder = temporaryFolder();

const owned: { dispose(): void }[] = [];
function own<T extends { dispose(): void }>(one: T): T {
  owned.push(one);
  return one;
}
afterEach(() => {
  for (const one of owned.splice(0)) one.dispose();
});

const on = (device: Device, more = {}) => own(new GoogLeNet({ ...MODEL, ...more, device }));

function expectClose(actual: Logits, expected: Logits): void {
  const distances = actual.map((head, i) => {
    const other = expected[i];
    return head && other ? distance(head.data, other.data) : Number(head !== other);
  });
  expect(distances.filter((share) => !(share < CLOSE))).toEqual([]);
}

describeOnCuda('a model on CUDA', () => {
  test("'cuda' and 'auto' are the first device", () => {
    expect([on('cuda').device, on('auto').device, on('cuda:0').device]).toEqual(Array(3).fill('cuda:0'));
  });

  test('the devices have names and memory', () => {
    const { devices, cuda } = libtorch();
    expect(cuda).toEqual({ built: true, available: true, reason: '' });
    expect(devices.length).toBeGreaterThan(0);
    for (const { name, memoryBytes, computeCapability } of devices) {
      expect(name).not.toBe('unknown');
      expect(computeCapability).toMatch(/^[1-9]\d*\.\d$/);
      expect(memoryBytes).toBeGreaterThan(2 ** 30);
    }
  });

  test('every device can be used', async () => {
    const expected = await on('cpu').eval().forward(noise(1));
    for (const { device } of libtorch().devices) {
      expectClose(
        await on(device as Device)
          .eval()
          .forward(noise(1)),
        expected,
      );
    }
  });

  test.each(['first', 'beyond 8 bits'])('a device that is not there fails: the %s number', (which) => {
    // c10's own index has 8 bits: there 256 would be 0.
    const index = which === 'first' ? libtorch().devices.length : 256;
    expect(() => new GoogLeNet({ ...MODEL, device: `cuda:${index}` })).toThrow(
      expect.objectContaining(errorWith('CUDA_UNAVAILABLE', `cuda:${index}`)),
    );
  });

  test('equal seeds give the initial weights of the CPU, bit for bit', async () => {
    expectSameBits(await on('cuda').stateDict(), await on('cpu').stateDict());
  });

  test.each([{}, { channelsLast: true }, { auxLogits: false }])(
    'forward gives the logits of the CPU except for rounding: %j',
    async (options) => {
      const images = noise(3);
      const [cuda, cpu] = [on('cuda', options).eval(), on('cpu', options).eval()];
      expectClose(await cuda.forward(images), await cpu.forward(images));
    },
  );

  test('float images are taken too', async () => {
    const data = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i));
    const images = { data, shape: [1, 3, 224, 224] };
    expectClose(await on('cuda').eval().forward(images), await on('cpu').eval().forward(images));
  });

  test('an inception module gives the output of the CPU except for rounding', async () => {
    const channels = { inChannels: 192, ch1x1: 64, ch3x3Reduce: 96, ch3x3: 128, ch5x5Reduce: 16, ch5x5: 32 };
    const options = { ...channels, poolProj: 32, seed: 1 };
    const data = Float32Array.from({ length: 192 * 28 * 28 }, (_, i) => Math.sin(i));
    const [cuda, cpu] = await Promise.all(
      (['cuda', 'cpu'] as const).map((device) =>
        own(new InceptionModule({ ...options, device })).forward({ data, shape: [1, 192, 28, 28] }),
      ),
    );
    expect(cuda?.shape).toEqual([1, 256, 28, 28]);
    expect(distance(cuda?.data ?? [], cpu?.data ?? [])).toBeLessThan(CLOSE);
  });

  test('what is saved on CUDA is loaded on the CPU with the same bits, and the other way round', async () => {
    const cuda = on('cuda');
    // In training mode, so that BatchNorm's buffers are more than their initial values.
    await cuda.forward(noise(2));
    await cuda.save(folder('cuda.safetensors'));
    const cpu = own(await GoogLeNet.load(folder('cuda.safetensors'), { device: 'cpu' }));
    expect(cpu.device).toBe('cpu');
    expectSameBits(await cpu.stateDict(), await cuda.stateDict());
    await cpu.save(folder('cpu.safetensors'));
    const back = own(await GoogLeNet.load(folder('cpu.safetensors'), { device: 'cuda' }));
    expectSameBits(await back.stateDict(), await cuda.stateDict());
  });

  test('dropout draws from the generator of the model: equal seeds give equal masks', async () => {
    const model = on('cuda', { dropout: 0.5 });
    const logits = async () => (await model.forward(noise(2)))[0].data;
    model.manualSeed(11);
    const [a, b] = [await logits(), await logits()];
    model.manualSeed(11);
    const c = await logits();
    expect(distance(a, c)).toBeLessThan(CLOSE);
    expect(distance(a, b)).toBeGreaterThan(100 * CLOSE);
  });

  test('models on CUDA and on the CPU run at the same time', async () => {
    const models = [on('cuda'), on('cpu'), on('cuda')].map((model) => model.eval());
    const [a, b, c] = await Promise.all(models.map((model) => model.forward(noise(2))));
    if (!a || !b || !c) throw new Error('A forward is missing.');
    expectClose(a, b);
    expectClose(c, b);
  });

  // libtorch looks for its CUDA library once, at the first convolution or backward pass, also one on the CPU.
  test.each([
    ['a forward', 'await new GoogLeNet({ numClasses: 10 }).forward(images(1));'],
    ['a training step', 'await new Trainer(new GoogLeNet({ numClasses: 10 })).step(images(2), labels(2));'],
    [
      'an engine on libtorch',
      "await (await new GoogLeNet({ numClasses: 10 }).optimize({ backend: 'libtorch' })).forward(images(1));",
    ],
    [
      'images that are resized',
      'await require(ROOT).loadImages([{ data: Buffer.alloc(30_000), width: 100, height: 100 }]);',
    ],
  ])('%s on the CPU before the first use of CUDA leaves CUDA usable', async (_, before) => {
    const child = await runChild(`(async () => {
      ${before}
      const model = new GoogLeNet({ numClasses: 10, device: 'cuda' });
      const { loss } = await new Trainer(model).step(images(2), labels(2));
      console.log(model.device, Number.isFinite(loss));
    })();`);
    expect(child).toEqual({ code: 0, signal: null, stdout: 'cuda:0 true\n', stderr: '' });
  });

  test('an engine from a file, which never asks for a device, leaves CUDA usable', async () => {
    const engine = await on('cpu').optimize({ backend: 'libtorch' });
    await engine.save(folder('model.plan'));
    engine.dispose();
    const child = await runChild(
      `(async () => {
        const { Engine } = require(ROOT);
        const engine = await Engine.load(process.env.PLAN, { backend: 'libtorch' });
        await engine.forward(images(1));
        console.log(new GoogLeNet({ numClasses: 10, device: 'cuda' }).device);
      })();`,
      { env: { PLAN: folder('model.plan') } },
    );
    expect(child).toEqual({ code: 0, signal: null, stdout: 'cuda:0\n', stderr: '' });
  });

  test('a device that was prepared does not hold the JS thread up', async () => {
    const child = await runChild(`(async () => {
      const { monitorEventLoopDelay } = require('node:perf_hooks');
      require(ROOT + '/dist/native/load.js').loadAddon();
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      console.log(await require(ROOT).prepareDevice('auto'));
      const model = new GoogLeNet({ numClasses: 10, device: 'cuda' });
      await model.forward(images(1));
      console.log(delay.max / 1e6 < 100);
    })();`);
    expect(child).toEqual({ code: 0, signal: null, stdout: 'cuda:0\ntrue\n', stderr: '' });
  });

  test('the memory of a disposed model goes back to the device', async () => {
    // Of all processes, in MiB: inside a container the driver does not know which is ours.
    const used = () =>
      Number(
        execFileSync('nvidia-smi', ['--id=0', '--query-gpu=memory.used', '--format=csv,noheader,nounits']),
      );
    const model = on('cuda');
    // Feature maps of the first layer alone are 200 MB.
    await model.forward(noise(64));
    const before = used();
    model.dispose();
    while (used() > before - 200) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  test('the switches of the libraries are what they were set to, and change the arithmetic', async () => {
    const { cudnn } = backends;
    const before = cudnn.allowTf32;
    const model = on('cuda').eval();
    cudnn.allowTf32 = false;
    const exact = (await model.forward(noise(2)))[0].data;
    cudnn.benchmark = true;
    cudnn.deterministic = true;
    expect([cudnn.benchmark, cudnn.deterministic, cudnn.allowTf32]).toEqual([true, true, false]);
    expect(distance((await model.forward(noise(2)))[0].data, exact)).toBeLessThan(CLOSE);
    cudnn.benchmark = false;
    cudnn.deterministic = false;
    cudnn.allowTf32 = before;
  });
});
