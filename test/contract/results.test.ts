/** Results are memory of JavaScript's own, whatever their size: every version of Node can transfer it, and Electron has no other. */
import { GoogLeNet, InceptionModule, type Tensor } from '../../src/index';
import { loadEngineAddon } from '../../src/native/load-engine';
import { backendsOf, byteImages, HAS_KERNELS } from '../support/engines';
import { testWhere } from '../support/skip';
import { tinyEngine, tinyImages } from '../support/tiny-network.cjs';

async function expectTransferable(make: () => Promise<Tensor[]>) {
  const tensors = await make();
  for (const tensor of tensors) {
    const values = tensor.data.slice();
    const { data } = structuredClone(tensor, { transfer: [tensor.data.buffer as ArrayBuffer] });
    expect(tensor.data.byteLength).toBe(0);
    expect(data).toEqual(values);
  }
}

test('of models and modules', async () => {
  const model = new GoogLeNet({ variant: 'torchvision', initWeights: false, numClasses: 1000, seed: 0 });
  model.eval();
  const [one, many] = [byteImages(1, 64), byteImages(20, 64)];
  await expectTransferable(async () => [(await model.forward(one))[0]]);
  await expectTransferable(async () => [(await model.forward(many))[0]]);
  await expectTransferable(async () => Object.values(await model.features(many, ['conv1', 'fc'])));
  await expectTransferable(async () => [await model.gradCam(one, [0])]);
  const channels = {
    inChannels: 4,
    ch1x1: 1,
    ch3x3Reduce: 1,
    ch3x3: 1,
    ch5x5Reduce: 1,
    ch5x5: 1,
    poolProj: 1,
  };
  const block = new InceptionModule(channels);
  const input = { data: new Float32Array(4 * 128 * 128), shape: [1, 4, 128, 128] };
  await expectTransferable(async () => Object.values(await block.forwardAndPull(input)));
  await Promise.all([model.close(), block.close()]);
});

test.each(backendsOf('float32'))('of engines of the backend %s', async (backend) => {
  const model = new GoogLeNet({
    variant: 'torchvision',
    initWeights: false,
    auxLogits: false,
    numClasses: 1000,
    seed: 0,
  });
  const engine = await model.optimize({ backend: backend as 'avx2' });
  for (const count of [1, 20]) {
    const images = byteImages(count, 64);
    await expectTransferable(async () => [(await engine.forward(images))[0]]);
  }
  await Promise.all([engine.close(), model.close()]);
});

testWhere(HAS_KERNELS, 'this machine has no kernels of ours')('of 2,000 images at once', async () => {
  const engine = new (loadEngineAddon().Engine)(tinyEngine());
  await engine.ready();
  const images = tinyImages(2000);
  await expectTransferable(async () => (await engine.forward(images)) as Tensor[]);
  engine.dispose();
});

testWhere(HAS_KERNELS, 'this machine has no kernels of ours')(
  'an engine gives its memory for maps back when it has had no work for a while, and works again',
  async () => {
    const engineWith = async (keepMemoryMs: number) => {
      const engine = new (loadEngineAddon().Engine)(tinyEngine({ keepMemoryMs }));
      await engine.ready();
      expect(engine.workingBytes()).toBe(0);
      return { engine, logits: await engine.forward(tinyImages()) };
    };
    const [patient, hasty] = [await engineWith(1e9), await engineWith(1)];
    expect(patient.engine.workingBytes()).toBeGreaterThan(0);
    while (hasty.engine.workingBytes() > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await hasty.engine.forward(tinyImages())).toEqual(patient.logits);
    expect(patient.engine.workingBytes()).toBeGreaterThan(0);
    for (const { engine } of [patient, hasty]) engine.dispose();
  },
);
